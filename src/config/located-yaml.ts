import { createRequire } from 'node:module'
import type { Document, LineCounter } from 'yaml'

const require = createRequire(import.meta.url)

/** The keys that lead from the top of a file to a value. */
export type Path = readonly string[]

/** A parsed YAML file and the lines of its values. */
export interface LocatedYaml {
  readonly value: unknown
  /** The line of a value, or of its nearest ancestor that exists. */
  readonly lineOf: (path: Path) => number
}

interface Parsed {
  readonly text: string
  readonly document: Document
  readonly lines: LineCounter
}

/** The last text that was parsed: it is needed again when the files that it references have been read, and at a reload. */
let last: Parsed | undefined

/** Parses YAML. Reports every error with its line, and never a value. Returns undefined if the text cannot be parsed. */
export function parseLocatedYaml(text: string, addError: (line: number, message: string) => void): LocatedYaml | undefined {
  // Loaded here, because only an installation with a file needs the package, which takes as long to load as a first poll.
  const yaml: typeof import('yaml') = require('yaml')
  last = last?.text === text ? last : parse(text, yaml)
  const { document, lines } = last
  const lineAt = (offset: number | undefined) => lines.linePos(offset ?? 0).line || 1
  // For the parser an unknown tag is only a warning, although it would turn `password: !abc` into an empty value.
  const errors = [...document.errors, ...document.warnings]
  for (const { code, message, pos } of errors) addError(lineAt(pos[0]), describe(code, message))
  if (errors.some(({ code }) => code !== 'DUPLICATE_KEY')) return undefined
  try {
    return { value: document.toJS(), lineOf: (path) => lineAt(offsetOf(document, path, yaml)) }
  } catch (error) {
    addError(1, withoutSource((error as Error).message))
    return undefined
  }
}

function parse(text: string, { LineCounter, parseDocument }: typeof import('yaml')): Parsed {
  const lines = new LineCounter()
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    merge: true,
    // Tags such as !!binary and !!set result in values that no setting has.
    resolveKnownTags: false,
    // The package would print a key that is a mapping or a list.
    logLevel: 'error'
  })
  return { text, document, lines }
}

function describe(code: string, message: string): string {
  if (code === 'DUPLICATE_KEY') return 'duplicate key'
  return code === 'BAD_DIRECTIVE' ? 'invalid YAML: unknown or invalid directive' : withoutSource(message)
}

/** The parser's messages end with a piece of the text, which may contain a secret. */
function withoutSource(message: string): string {
  const [head = ''] = message.split(/[:\\]/)
  return `invalid YAML: ${head.trim()}. Quote strings that contain special characters.`
}

/** The offset of the key of a value, or of a list item. */
function offsetOf(document: Document, path: Path, { isAlias, isMap, isScalar, isSeq }: typeof import('yaml')): number | undefined {
  let node: unknown = document.contents
  let offset: number | undefined
  for (const segment of path) {
    if (isAlias(node)) node = node.resolve(document)
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => String(isScalar(key) ? key.value : key) === segment)
      if (pair === undefined) break
      offset = isScalar(pair.key) ? pair.key.range?.[0] : offset
      node = pair.value
    } else if (isSeq(node)) {
      node = node.items[Number(segment)]
      offset = isScalar(node) || isMap(node) ? node.range?.[0] : offset
    } else break
  }
  return offset
}
