import { type Logger, pino, stdTimeFunctions } from 'pino'
import type { Config } from '../config/config.ts'

/** Creates the log on a file descriptor and logs the notes of the configuration. */
export function createLog({ logLevel, notes }: Config, fileDescriptor: 1 | 2): Logger {
  const log = pino(
    { level: logLevel, base: null, timestamp: stdTimeFunctions.isoTime, formatters: { level: (level) => ({ level }) } },
    pino.destination(fileDescriptor)
  )
  for (const note of notes) log.warn(note)
  return log
}
