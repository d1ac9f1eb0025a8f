import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Password, Secret } from '../server/credential.ts'
import type { SecretShape } from './config-file.ts'
import type { ConfigSources } from './config-sources.ts'
import type { Path } from './located-yaml.ts'

/** Reads a secret of the file. Adds an error if its variable is not set, or if its file cannot be read or is empty. */
export function readDeclaredSecret(shape: SecretShape, path: Path, sources: ConfigSources): Secret | undefined {
  if (typeof shape === 'string') return shape
  const { env, file, command } = shape
  if (env !== undefined) {
    const value = sources.environment[env]
    if (!value) sources.file.addError([...path, 'env'], `the environment variable ${env} is not set`)
    return value
  }
  if (command !== undefined) return { command }
  if (file === undefined) return undefined
  const text = readReferencedFile(file, [...path, 'file'], sources)
  if (text?.trim() === '') sources.file.addError([...path, 'file'], `the file ${file} is empty`)
  return { file: sources.file.resolve(file) }
}

/** Reads a file that the configuration references. Adds an error and returns undefined if it cannot be read. */
export function readReferencedFile(name: string, path: Path, { file, files }: ConfigSources): string | undefined {
  const resolved = file.resolve(name)
  files.add(resolved)
  try {
    return readFileSync(resolved, 'utf8')
  } catch (error) {
    file.addError(path, `cannot read the file ${name}: ${(error as Error).message}`)
    return undefined
  }
}

/** The source of a password that is not configured, as in libpq. Source: PostgreSQL's documentation, "The Password File". */
export function fallbackPassword({ environment, files }: ConfigSources): Password {
  if (environment.PGPASSWORD) return environment.PGPASSWORD
  const pgpass = environment.PGPASSFILE ? resolve(environment.PGPASSFILE) : join(homedir(), '.pgpass')
  files.add(pgpass)
  return { pgpass }
}
