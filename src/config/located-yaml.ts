import { createRequire } from 'node:module'
import type { Document, LineCounter } from 'yaml'
import { systemClock } from '../clock.ts'
import { runAtOnce, runInSlices, type Work } from '../run-in-slices.ts'

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

/**
 * The last texts that were parsed, the latest last: they are needed again when the files that they reference have been read, and
 * at a reload. A configuration consists of two texts at most.
 */
let known: readonly Parsed[] = []
const mostKnown = 2

/** Parses YAML in slices, so that `parseLocatedYaml` finds the result. */
export async function parseYamlAhead(text: string): Promise<void> {
  if (!known.some((one) => one.text === text)) remember(await runInSlices(parseInSteps(text), systemClock))
}

function remember(parsed: Parsed): Parsed {
  known = [...known.filter((one) => one.text !== parsed.text), parsed].slice(-mostKnown)
  return parsed
}

/** Parses YAML. Reports every error with its line, and never a value. Returns undefined if the text cannot be parsed. */
export function parseLocatedYaml(text: string, addError: (line: number, message: string) => void): LocatedYaml | undefined {
  const yaml = loadYaml()
  const { document, lines } = remember(known.find((one) => one.text === text) ?? runAtOnce(parseInSteps(text)))
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

/** Loaded late, because only an installation with a file needs the package, which takes as long to load as a first poll. */
function loadYaml(): typeof import('yaml') {
  return require('yaml')
}

/** The number of lexemes that are parsed in one step. */
const stepSize = 500

/** As `parseDocument` of the package, with a pause after every few lexemes and before the nodes are composed. */
function* parseInSteps(text: string): Work<Parsed> {
  const { Composer, Lexer, LineCounter, Parser, YAMLParseError } = loadYaml()
  const lines = new LineCounter()
  const parser = new Parser(lines.addNewLine)
  const tokens = []
  lines.addNewLine(0)
  let lexemes = 0
  for (const lexeme of new Lexer().lex(text)) {
    tokens.push(...parser.next(lexeme))
    if (++lexemes % stepSize === 0) yield
  }
  tokens.push(...parser.end())
  yield
  const composer = new Composer({
    merge: true,
    // Tags such as !!binary and !!set result in values that no setting has.
    resolveKnownTags: false,
    // The package would print a key that is a mapping or a list.
    logLevel: 'error'
  })
  // At the end of the text, it composes a document in any case.
  const [document, second] = [...composer.compose(tokens, true, text.length)] as [Document.Parsed, Document.Parsed?]
  if (second !== undefined) {
    const [start, end] = second.range
    document.errors.push(new YAMLParseError([start, end], 'MULTIPLE_DOCS', 'Source contains multiple documents'))
  }
  yield
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
