import { Worker } from 'node:worker_threads'

/** Whether a password belongs to a bcrypt hash. */
export type ComparePassword = (password: string, hash: string) => Promise<boolean>

interface PasswordQuestion {
  readonly id: number
  readonly password: string
  readonly hash: string
}

interface PasswordAnswer {
  readonly id: number
  readonly isSame: boolean
}

interface Waiting {
  readonly resolve: (isSame: boolean) => void
  readonly reject: (error: Error) => void
}

const program = new URL('./compare-passwords.js', import.meta.url)

/**
 * Compares passwords one after the other in a thread, because a comparison takes 50 ms or more and would delay polls and
 * pages. The first comparison starts the thread.
 */
export function createBcryptThread(): ComparePassword {
  const waiting = new Map<number, Waiting>()
  let thread: Worker | undefined
  let lastId = 0
  const end = (error: Error) => {
    thread = undefined
    for (const { reject } of waiting.values()) reject(error)
    waiting.clear()
  }
  const start = (): Worker => {
    const worker = new Worker(program)
    worker.on('message', ({ id, isSame }: PasswordAnswer) => {
      waiting.get(id)?.resolve(isSame)
      waiting.delete(id)
      // An idle thread does not keep the process running.
      if (waiting.size === 0) worker.unref()
    })
    worker.once('error', end)
    return worker
  }
  return (password, hash) =>
    new Promise((resolve, reject) => {
      thread ??= start()
      thread.ref()
      lastId += 1
      waiting.set(lastId, { resolve, reject })
      thread.postMessage({ id: lastId, password, hash } satisfies PasswordQuestion)
    })
}
