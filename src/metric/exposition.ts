import { type DatnameOf, databaseOf, type Family, type Labels, type Sample } from './sample.ts'

/** The rendered samples of one family and one database (`''` for the server). */
export interface FamilyText {
  readonly family: Family
  readonly datname: string
  /** The databases whose teams may see the text; undefined if `datname` determines this. */
  readonly ranIn?: readonly string[]
  /** The user of all samples, if the samples are grouped by user. */
  readonly user?: string | undefined
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
 * Renders samples in Prometheus's text format 0.0.4, one text for each family and database, and for each user if `userOf`
 * is given.
 * Source: Prometheus's documentation, "Exposition formats", "Text-based format".
 */
export function render(samples: readonly Sample[], datnameOf: DatnameOf = databaseOf, userOf?: (labels: Labels) => string): Rendered {
  const groups = new Map<string, Group>()
  let duplicates = 0
  let lastLabels: Labels | undefined
  let labelsText = ''
  let place: Place = { datname: '', user: undefined }
  let placeText = ''
  for (const { family, labels, value } of samples) {
    if (labels !== lastLabels) {
      lastLabels = labels
      labelsText = renderLabels(labels)
      place = { datname: datnameOf(labels), user: userOf?.(labels) }
      placeText = userOf === undefined ? place.datname : `${place.datname}\n${place.user}`
    }
    const group: Group = groups.get(family.name) ?? { family, seen: new Set(), parts: new Map() }
    if (group.seen.has(labelsText)) {
      duplicates++
      continue
    }
    if (group.seen.size === 0) groups.set(family.name, group)
    group.seen.add(labelsText)
    const part = group.parts.get(placeText)
    const line = `${family.name}${labelsText} ${renderNumber(value)}\n`
    if (part === undefined) group.parts.set(placeText, { place, lines: [line] })
    else part.lines.push(line)
  }
  return { texts: [...groups.values()].flatMap(textsOf), duplicates }
}

/** The database and the user of a text. */
type Place = Pick<FamilyText, 'datname'> & { readonly user: string | undefined }

/** The lines of one family. */
interface Group {
  readonly family: Family
  /** Rendered label sets, to find duplicates. */
  readonly seen: Set<string>
  /** Lines by database and user. */
  readonly parts: Map<string, { readonly place: Place; readonly lines: string[] }>
}

function textsOf({ family, parts }: Group): readonly FamilyText[] {
  return [...parts.values()].map(({ place: { datname, user }, lines }) => {
    const text = { family, datname, text: Buffer.from(lines.join('')), samples: lines.length }
    return user === undefined ? text : { ...text, user }
  })
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
