import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml'

/** The keys from the top of a file to one of its values. */
export type Path = readonly string[]

/** What a YAML file says, and where in it each value stands. */
export interface LocatedYaml {
  readonly value: unknown
  /** The line of a value, or of the nearest one above it that is there. */
  readonly lineOf: (path: Path) => number
}

/** Reads YAML. Answers undefined where nothing sensible can be read; `tell` hears every mistake with its line, never with a value. */
export function parseLocatedYaml(text: string, tell: (line: number, message: string) => void): LocatedYaml | undefined {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true })
  const lineAt = (offset: number | undefined) => lines.linePos(offset ?? 0).line || 1
  // An unknown tag is only a warning there, and would silently cut `password: !abc`.
  const mistakes = [...document.errors, ...document.warnings]
  for (const { code, message, pos } of mistakes)
    tell(lineAt(pos[0]), code === 'DUPLICATE_KEY' ? 'this key stands here twice' : withoutSource(message))
  if (mistakes.some(({ code }) => code !== 'DUPLICATE_KEY')) return undefined
  try {
    return { value: document.toJS(), lineOf: (path) => lineAt(offsetOf(document, path)) }
  } catch (error) {
    tell(1, withoutSource((error as Error).message))
    return undefined
  }
}

/** The parser's messages end with a piece of the text, which may be of a secret. */
function withoutSource(message: string): string {
  const [head = ''] = message.split(/[:\\]/)
  return `this is no YAML: ${head.trim()}; a text with special characters stands in 'quotes'`
}

/** Where a value begins, or rather its key, which is what one looks for. */
function offsetOf(document: Document, path: Path): number | undefined {
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
