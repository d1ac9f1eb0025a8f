import { existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { checkSchema } from './check-schema.ts'
import type { FileShape } from './file-shape.ts'
import { type Path, parseLocatedYaml } from './located-yaml.ts'

/** What `pgvitals.yaml` says, and what is wrong with it. */
export interface ConfigFile {
  /** The file as it was named. */
  readonly name: string
  readonly shape: FileShape
  /** Paths in it are meant from its own folder. */
  readonly resolve: (path: string) => string
  /** Adds a mistake of a value, unless one has been told of it. */
  readonly tell: (path: Path, message: string) => void
  /** Whether a mistake has been told of a value or of one below it. */
  readonly isMistaken: (path: Path) => boolean
  /** Every mistake with file, line and path, in the file's order. */
  readonly mistakes: () => readonly string[]
}

/** The file that is read where none is named. */
export const defaultName = 'pgvitals.yaml'

/** Reads the named file, or the default one when it is there; never throws. */
export function readConfigFile(named: string | undefined): ConfigFile {
  const name = named ?? defaultName
  const told = new Map<string, { readonly line: number; readonly text: string }>()
  const tellAt = (line: number, key: string, message: string) => {
    // Of one value one mistake is enough; what is no value's is told each time.
    const id = key || `\n${line} ${message}`
    if (!told.has(id)) told.set(id, { line, text: `${name}${line > 0 ? `:${line}` : ''}${key && ` ${key}`} ${message}` })
  }
  const yaml = parseLocatedYaml(readText(name, named !== undefined, tellAt), (line, message) => tellAt(line, '', message))
  const tell = (path: Path, message: string) => tellAt(yaml?.lineOf(path) ?? 0, format(path), message)
  const value = yaml?.value ?? {}
  const isMapping = typeof value === 'object' && !Array.isArray(value)
  if (!isMapping) tellAt(1, '', 'holds no mapping; expected servers, teams or queries at its top')
  const shape: FileShape = isMapping ? value : {}
  if (isMapping) checkSchema(shape, tell)
  return {
    name,
    shape,
    resolve: (path) => resolve(dirname(name), path),
    tell,
    isMistaken: (path) => [...told.keys()].some((key) => key === format(path) || key.startsWith(`${format(path)}.`)),
    mistakes: () => [...told.values()].sort((left, right) => left.line - right.line).map(({ text }) => text)
  }
}

function readText(name: string, isNamed: boolean, tellAt: (line: number, key: string, message: string) => void): string {
  if (!isNamed && !existsSync(name)) return ''
  try {
    return readFileSync(name, 'utf8')
  } catch (error) {
    tellAt(0, '', `cannot be read: ${(error as Error).message}`)
    return ''
  }
}

/** `servers.main.databases.labeler`; a key with other characters than letters stands in brackets. */
function format(path: Path): string {
  return path.map((key, index) => (/^[\w-]+$/.test(key) ? `${index === 0 ? '' : '.'}${key}` : `[${JSON.stringify(key)}]`)).join('')
}
