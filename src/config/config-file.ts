import { dirname, resolve } from 'node:path'
import type { FileError } from '../files/call-file-system.ts'
import type { Files } from '../files/files.ts'
import type { Detail } from '../query/detail.ts'
import type { Access } from '../server/server.ts'
import type { TlsMode } from '../server/tls.ts'
import { checkSchema } from './check-schema.ts'
import { validate } from './generated/validate-file.ts'
import { type Path, parseLocatedYaml } from './located-yaml.ts'
import type { Validate } from './schema-error.ts'

/** The content of `pgvitals.yaml` as `pgvitals.schema.json` describes it, with defaults filled in and invalid values removed. */
export interface FileShape {
  readonly servers?: Readonly<Record<string, ServerShape>>
  readonly teams?: Readonly<Record<string, TeamShape>>
  readonly tokens?: readonly SecretShape[]
  readonly detail?: Detail
  readonly queries?: Readonly<Record<string, unknown>>
}

export interface TeamShape {
  readonly tokens?: readonly SecretShape[]
  readonly users?: readonly string[]
}

export interface ServerShape {
  readonly host?: string
  readonly port?: number
  readonly database?: string
  readonly user?: string
  readonly password?: SecretShape
  readonly tls?: TlsShape
  readonly capacity_bytes?: number
  readonly data_directory?: string
  readonly detail?: Detail
  readonly max_sessions?: number
  readonly poll_cost_percent?: number
  readonly keep_sessions?: boolean
  readonly max_samples_per_database?: number
  readonly discover?: { readonly include?: readonly string[]; readonly exclude?: readonly string[] }
  readonly databases?: Readonly<Record<string, DatabaseShape | null>>
}

export interface DatabaseShape {
  readonly team?: string
  readonly user?: string
  readonly password?: SecretShape
  readonly tls?: TlsShape
  readonly access?: Readonly<Record<string, Access>>
  readonly quota_bytes?: number
  readonly detail?: Detail
  readonly keep_sessions?: boolean
}

export interface TlsShape {
  readonly mode?: TlsMode
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
}

export type SecretShape = string | { readonly env?: string; readonly file?: string; readonly command?: readonly string[] }

/** A file of the configuration, and the errors found in it. */
export interface ConfigFile<Shape extends object = FileShape> {
  /** The path as it was given. */
  readonly name: string
  readonly shape: Shape
  /** Resolves a path relative to the folder of the file. */
  readonly resolve: (path: string) => string
  /** Adds an error at a value, unless the value already has one. */
  readonly addError: (path: Path, message: string) => void
  /** Whether a value or anything inside it has an error. */
  readonly hasError: (path: Path) => boolean
  /** All errors in the order of the file, as `file:line: key: message`. */
  readonly errors: () => readonly string[]
}

/** The configuration file if `PGVITALS_CONFIG` is not set. */
export const defaultName = 'pgvitals.yaml'

/** Reads the given file, or the default file if it exists. Never throws. */
export function readConfigFile(givenName: string | undefined, files: Files): ConfigFile {
  return readYamlFile(givenName ?? defaultName, givenName !== undefined, files, validate, 'servers, teams, tokens, detail or queries')
}

/** Reads a file and checks it against the schema of the validator, which has these keys. Never throws. */
export function readYamlFile<Shape extends object>(
  name: string,
  isRequired: boolean,
  files: Files,
  validate: Validate,
  keys: string
): ConfigFile<Shape> {
  const errors = new Map<string, { readonly line: number; readonly text: string }>()
  const addErrorAt = (line: number, key: string, message: string) => {
    // One error per value is enough. Errors without a key are identified by their line.
    const id = key || `\n${line} ${message}`
    if (!errors.has(id)) errors.set(id, { line, text: `${name}${line > 0 ? `:${line}` : ''}: ${key && `${key}: `}${message}` })
  }
  const text = readText(name, isRequired, files, addErrorAt)
  const yaml = text === undefined ? undefined : parseLocatedYaml(text, (line, message) => addErrorAt(line, '', message))
  const addError = (path: Path, message: string) => addErrorAt(yaml?.lineOf(path) ?? 0, format(path), message)
  const value = yaml?.value ?? {}
  const isMapping = typeof value === 'object' && !Array.isArray(value)
  if (!isMapping) addErrorAt(1, '', `the top level is not a mapping; expected the keys ${keys}`)
  const shape = (isMapping ? value : {}) as Shape
  if (isMapping) checkSchema(validate, shape, addError)
  return {
    name,
    shape,
    resolve: (path) => resolve(dirname(name), path),
    addError,
    hasError: (path) => [...errors.keys()].some((key) => key === format(path) || key.startsWith(`${format(path)}.`)),
    errors: () => [...errors.values()].sort((left, right) => left.line - right.line).map(({ text }) => text)
  }
}

/** The maximum size of the file. A server with ten databases takes about 2 kB. */
const maxFileBytes = 16 * 1024 ** 2

function readText(
  name: string,
  isRequired: boolean,
  files: Files,
  addErrorAt: (line: number, key: string, message: string) => void
): string | undefined {
  try {
    return files.text(resolve(name), maxFileBytes)
  } catch (error) {
    if (!isRequired && (error as FileError).isMissing) return undefined
    addErrorAt(0, '', `cannot be read: ${(error as Error).message}`)
    return undefined
  }
}

/** Formats a path as `servers.main.databases.labeler`. A key with special characters is enclosed in brackets. */
function format(path: Path): string {
  return path.map((key, index) => (/^[\w-]+$/.test(key) ? `${index === 0 ? '' : '.'}${key}` : `[${JSON.stringify(key)}]`)).join('')
}
