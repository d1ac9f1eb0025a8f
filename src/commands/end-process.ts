import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises'
import { killCommands } from '../server/run-command.ts'

type Report = (error: Error) => void

/** Reports a programming error in one line. The stack follows the message. */
let report: Report = (error) => void process.stderr.write(`pgvitals: programming error: ${error.stack ?? error.message}\n`)

/** Sets how a programming error is reported. */
export function reportErrorsBy(next: Report): void {
  report = next
}

let isEnding = false

/** Reports a programming error, and ends the process with exit code 1. Later errors are not reported. */
export function endByError(error: unknown): void {
  if (isEnding) return
  isEnding = true
  try {
    report(error instanceof Error ? error : new Error(String(error)))
  } finally {
    void endProcess(1)
  }
}

/** Ends the process with an exit code. System calls in progress have half a second to return. */
export async function endProcess(code: number): Promise<void> {
  killCommands()
  await systemCalls()
  process.exit(code)
}

/**
 * Ends the process at uncaught errors, and its child processes when it ends. Signals without a handler end it immediately.
 */
export function prepareEnd(): void {
  // Rejected promises without a handler arrive here too.
  process.on('uncaughtException', endByError)
  process.on('exit', (code) => {
    killCommands()
    // At exit, Node.js waits for its threads, whose calls can hang: a name server or a network file system may not respond.
    if (isCalling()) raise(code === 0 ? 'SIGTERM' : 'SIGKILL')
  })
}

/** Ends the process immediately when it receives a signal. */
export function endBySignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      killCommands()
      raise(signal)
    })
  }
}

/** Ends the process by a signal. */
function raise(signal: NodeJS.Signals): void {
  process.removeAllListeners(signal)
  process.kill(process.pid, signal)
  // The kernel ignores signals that the first process of a container sends to itself.
  process.abort()
}

/** Waits until no system call is in progress, for at most half a second. */
export async function systemCalls(): Promise<void> {
  // A call whose result is being processed is still in progress in this turn of the event loop.
  await nextTurn()
  for (let attempts = 0; isCalling() && attempts < 25; attempts++) await wait(20)
}

/** Whether a thread of Node.js accesses a file or resolves a host name. */
function isCalling(): boolean {
  return process.getActiveResourcesInfo().some((name) => /^(FSReq|FileHandleCloseReq|GetAddrInfoReq)/.test(name))
}
