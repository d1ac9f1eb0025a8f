import { join, resolve } from 'node:path'
import type { Password, Secret } from '../server/credential.ts'
import type { ConfigFile, SecretShape } from './config-file.ts'
import type { ConfigSources } from './config-sources.ts'
import { homeFolder } from './home-folder.ts'
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
  if (text?.trim() === '') sources.file.addError([...path, 'file'], 'the file is empty')
  return { file: sources.file.resolve(file) }
}

/** A configuration file that references other files, and the lists to which these are added. */
interface Referencing extends Pick<ConfigSources, 'files' | 'read'> {
  readonly file: Pick<ConfigFile, 'name' | 'resolve' | 'addError'>
}

/**
 * Reads a file that the configuration references. Adds an error and returns undefined if it cannot be read. The error does
 * not contain the path, which may be a misplaced password.
 */
export function readReferencedFile(name: string, path: Path, { file, files, read }: Referencing): string | undefined {
  const resolved = file.resolve(name)
  files.add(resolved)
  try {
    return read.text(resolved)
  } catch (error) {
    file.addError(path, `cannot read the file: ${(error as Error).message}; a relative path begins in the folder of ${file.name}`)
    return undefined
  }
}

/**
 * The source of a password that is not configured, as in libpq; undefined if there is no home directory.
 * Source: PostgreSQL's documentation, "The Password File".
 */
export function fallbackPassword({ environment, variables, files }: ConfigSources): Password | undefined {
  const password = variables.get('password')?.value
  if (password !== undefined) return password
  const passfile = variables.get('passfile')?.value
  const home = homeFolder(environment)
  const pgpass = passfile === undefined ? home && join(home, '.pgpass') : resolve(passfile)
  if (pgpass === undefined) return undefined
  files.add(pgpass)
  return { pgpass }
}
