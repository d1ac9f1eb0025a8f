import { type DatnameOf, databaseOf, type Family, type Labels, type Sample } from './sample.ts'

/** The rendered samples of one family and one database (`''` when they are the whole server's). */
export interface FamilyText {
  readonly family: Family
  readonly datname: string
  /** The databases whose owners may see it, of a text that names none but is not everybody's. */
  readonly ranIn?: readonly string[]
  /** Encoded once, so that a scrape joins bytes and encodes nothing. */
  readonly text: Buffer
  readonly samples: number
}

/** Samples as text, and how many were dropped because their name and labels had been there before. */
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

/** What is rendered of one family. */
interface Group {
  readonly family: Family
  /** The labels that it has had. */
  readonly seen: Set<string>
  /** By database. */
  readonly lines: Map<string, string[]>
}

function textsOf({ family, lines }: Group): readonly FamilyText[] {
  return [...lines].map(([datname, own]) => ({ family, datname, text: Buffer.from(own.join('')), samples: own.length }))
}

/** Reads back the number of a family that has one sample; undefined when there is none, or several. */
export function readValue(texts: readonly FamilyText[], name: string): number | undefined {
  const [found, ...others] = texts.filter(({ family }) => family.name === name)
  if (found === undefined || found.samples !== 1 || others.length > 0) return undefined
  const value = Number(String(found.text).trimEnd().split(' ').at(-1))
  return Number.isFinite(value) ? value : undefined
}

/** The two lines that go before a family's samples. */
export function renderHeader({ name, type, help }: Family): string {
  return `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n# TYPE ${name} ${type}\n`
}

/** `{name="value",…}`, or nothing without labels. */
export function renderLabels(labels: Labels): string {
  let text = ''
  for (const name in labels) text += `${text === '' ? '' : ','}${name}="${escapeValue(labels[name] ?? '')}"`
  return text === '' ? '' : `{${text}}`
}

/** A number as Prometheus reads it: `NaN`, `+Inf`, `-Inf` or JavaScript's own shortest form. */
export function renderNumber(value: number): string {
  if (Number.isFinite(value)) return String(value)
  if (Number.isNaN(value)) return 'NaN'
  return value > 0 ? '+Inf' : '-Inf'
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters in names are what is looked for.
const special = /[\u0000-\u001f\u007f"\\]/
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above.
const control = /[\u0000-\u0009\u000b-\u001f\u007f]/g

/** Escapes what the format asks for; other control characters become spaces, since parsers disagree on them. */
function escapeValue(value: string): string {
  if (!special.test(value)) return value
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n').replaceAll(control, ' ')
}
