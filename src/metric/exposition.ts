import { type DatnameOf, databaseOf, type Family, type Labels, type Sample } from './sample.ts'

/** The rendered samples of one family and one database (`''` for the server). */
export interface FamilyText {
  readonly family: Family
  readonly datname: string
  /** The databases whose teams may see the text; undefined if `datname` determines this. */
  readonly ranIn?: readonly string[]
  /** The text is encoded once per poll; a scrape only joins buffers. */
  readonly text: Buffer
  readonly samples: number
}

/** Rendered samples, and the number of samples dropped as duplicates of an earlier one. */
export interface Rendered {
  readonly texts: readonly FamilyText[]
  readonly duplicates: number
}

/**
 * Renders samples in Prometheus's text format 0.0.4, one text for each family and database.
 * Source: Prometheus's documentation, "Exposition formats", "Text-based format".
 */
export function render(samples: readonly Sample[], datnameOf: DatnameOf = databaseOf): Rendered {
  const groups = new Map<string, Group>()
  let duplicates = 0
  let lastLabels: Labels | undefined
  let labelsText = ''
  let datname = ''
  for (const { family, labels, value } of samples) {
    if (labels !== lastLabels) {
      lastLabels = labels
      labelsText = renderLabels(labels)
      datname = datnameOf(labels)
    }
    const group = groups.get(family.name) ?? { family, seen: new Set<string>(), lines: new Map<string, string[]>() }
    if (group.seen.has(labelsText)) {
      duplicates++
      continue
    }
    if (group.seen.size === 0) groups.set(family.name, group)
    group.seen.add(labelsText)
    const lines = group.lines.get(datname)
    const line = `${family.name}${labelsText} ${renderNumber(value)}\n`
    if (lines === undefined) group.lines.set(datname, [line])
    else lines.push(line)
  }
  return { texts: [...groups.values()].flatMap(textsOf), duplicates }
}

/** The lines of one family. */
interface Group {
  readonly family: Family
  /** Rendered label sets, to find duplicates. */
  readonly seen: Set<string>
  /** Lines by database. */
  readonly lines: Map<string, string[]>
}

function textsOf({ family, lines }: Group): readonly FamilyText[] {
  return [...lines].map(([datname, own]) => ({ family, datname, text: Buffer.from(own.join('')), samples: own.length }))
}

/** The HELP and TYPE lines of a family. */
export function renderHeader({ name, type, help }: Family): string {
  return `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n# TYPE ${name} ${type}\n`
}

/** Renders `{name="value",…}`; `''` without labels. */
export function renderLabels(labels: Labels): string {
  let text = ''
  for (const name in labels) text += `${text === '' ? '' : ','}${name}="${escapeValue(labels[name] ?? '')}"`
  return text === '' ? '' : `{${text}}`
}

/** Renders a number: `NaN`, `+Inf`, `-Inf` or the shortest form of JavaScript. */
export function renderNumber(value: number): string {
  if (Number.isFinite(value)) return String(value)
  if (Number.isNaN(value)) return 'NaN'
  return value > 0 ? '+Inf' : '-Inf'
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern finds control characters.
const special = /[\u0000-\u001f\u007f"\\]/
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above.
const control = /[\u0000-\u0009\u000b-\u001f\u007f]/g

/**
 * Escapes a label value as the format requires. Other control characters become spaces, because parsers handle them
 * differently.
 */
function escapeValue(value: string): string {
  if (!special.test(value)) return value
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n').replaceAll(control, ' ')
}
