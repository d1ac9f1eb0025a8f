// Loaded into a process with --import: shifts its wall clock by the milliseconds in the file FAULTS_CLOCK, which is read at
// SIGWINCH. The monotonic clock does not change, as in a real jump.
import { readFileSync } from 'node:fs'

const real = Date.now
let offset = 0

process.on('SIGWINCH', () => {
  offset = Number(readFileSync(process.env.FAULTS_CLOCK, 'utf8'))
})

Date.now = () => real() + offset
globalThis.Date = class extends Date {
  constructor(...values) {
    super(...(values.length === 0 ? [real() + offset] : values))
  }
}
