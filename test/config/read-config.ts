import { readdirSync, readFileSync } from 'node:fs'
import { type Config, parseConfig } from '../../src/config/config.ts'
import { FileError } from '../../src/files/call-file-system.ts'
import type { Files } from '../../src/files/files.ts'

/** Files that are read when they are referenced. */
export const files: Files = {
  text: (path) => orFileError(() => readFileSync(path, 'utf8')),
  list: (path) => orFileError(() => readdirSync(path).sort())
}

/** The configuration of an environment, for tests that need it synchronously. */
export function readConfig(environment: NodeJS.ProcessEnv): Config {
  return parseConfig(environment, files)
}

function orFileError<Content>(read: () => Content): Content {
  try {
    return read()
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException
    throw new FileError(message.split(', ')[0] ?? '', code)
  }
}
