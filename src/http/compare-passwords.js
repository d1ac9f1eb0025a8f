import { constants, setPriority } from 'node:os'
import { parentPort } from 'node:worker_threads'
import { compareSync } from 'bcryptjs'

// The program of the thread in bcrypt-thread.ts. It is no TypeScript, because Node.js 20 runs a thread without the loader of tsx.

// On Linux, this is the priority of the thread, so that someone who guesses passwords does not slow down the exporter.
if (process.platform === 'linux') setPriority(constants.priority.PRIORITY_BELOW_NORMAL)

parentPort?.on('message', ({ id, password, hash }) => {
  parentPort?.postMessage({ id, isSame: compareSync(password, hash) })
})
