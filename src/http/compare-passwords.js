import { parentPort } from 'node:worker_threads'
import { compareSync } from 'bcryptjs'

// The program of the thread in bcrypt-thread.ts. It is JavaScript, because a thread of Node.js 20 does not inherit the loader of tsx.
parentPort?.on('message', ({ id, password, hash }) => {
  parentPort?.postMessage({ id, isSame: compareSync(password, hash) })
})
