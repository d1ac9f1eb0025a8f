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
  const labelSets = findLabelSets(samples)
  const groups = new Map<string, Group>()
  let duplicates = 0
  let lastLabels: Labels | undefined
  let labelSet: LabelSet = { text: '', isRepeated: false }
  let place: Place = { datname: '', user: undefined }
  let placeText = ''
  for (const { family, labels, value } of samples) {
    if (labels !== lastLabels) {
      lastLabels = labels
      labelSet = labelSets.get(labels) ?? labelSet
      place = { datname: datnameOf(labels), user: userOf?.(labels) }
      placeText = userOf === undefined ? place.datname : `${place.datname}\0${place.user}`
    }
    const group: Group = groups.get(family.name) ?? { family, seen: new Set(), parts: new Map() }
    if (group.parts.size === 0) groups.set(family.name, group)
    if (labelSet.isRepeated) {
      if (group.seen.has(labelSet.text)) {
        duplicates++
        continue
      }
      group.seen.add(labelSet.text)
    }
    const part = group.parts.get(placeText) ?? { place, lines: '', samples: 0 }
    if (part.samples === 0) group.parts.set(placeText, part)
    part.lines += `${family.name}${labelSet.text} ${renderNumber(value)}\n`
    part.samples++
  }
  return { texts: [...groups.values()].flatMap(textsOf), duplicates }
}

/** The database and the user of a text. */
type Place = Pick<FamilyText, 'datname'> & { readonly user: string | undefined }

/** The lines of one family. */
interface Group {
  readonly family: Family
  /** The texts of the repeated label sets that already have a line. Another sample with one of them is a duplicate. */
  readonly seen: Set<string>
  /** Lines by database and user. */
  readonly parts: Map<string, { readonly place: Place; lines: string; samples: number }>
}

interface LabelSet {
  readonly text: string
  /** Whether several rows have this label set. */
  isRepeated: boolean
}

/** The label set of each row. The samples of one row share one labels object. */
function findLabelSets(samples: readonly Sample[]): ReadonlyMap<Labels, LabelSet> {
  const byText = new Map<string, LabelSet>()
  const byLabels = new Map<Labels, LabelSet>()
  let lastLabels: Labels | undefined
  for (const { labels } of samples) {
    if (labels === lastLabels || byLabels.has(labels)) continue
    lastLabels = labels
    const text = renderLabels(labels)
    const known = byText.get(text)
    if (known !== undefined) known.isRepeated = true
    const labelSet = known ?? { text, isRepeated: false }
    byText.set(text, labelSet)
    byLabels.set(labels, labelSet)
  }
  return byLabels
}

function textsOf({ family, parts }: Group): readonly FamilyText[] {
  return [...parts.values()].map(({ place: { datname, user }, lines, samples }) => {
    const text = { family, datname, text: Buffer.from(lines), samples }
    return user === undefined ? text : { ...text, user }
  })
}

/** The HELP and TYPE lines of a family. */
export function renderHeader({ name, type, help }: Family): string {
  return `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll(unreadable, codeOf)}\n# TYPE ${name} ${type}\n`
}

/** The rendered text of labels objects, which rows keep between polls, and its length. */
const labelTexts = new WeakMap<Labels, { readonly text: string; readonly bytes: number }>()

/** Renders `{name="value",…}`; `''` without labels. */
export function renderLabels(labels: Labels): string {
  return labelTextOf(labels).text
}

/** The number of bytes of the rendered labels. */
export function labelBytes(labels: Labels): number {
  return labelTextOf(labels).bytes
}

function labelTextOf(labels: Labels) {
  const known = labelTexts.get(labels)
  if (known !== undefined) return known
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeValue(value)}"`)
  const text = pairs.length === 0 ? '' : `{${pairs.join(',')}}`
  const rendered = { text, bytes: Buffer.byteLength(text) }
  labelTexts.set(labels, rendered)
  return rendered
}

/** Renders a number: `NaN`, `+Inf`, `-Inf` or the shortest form of JavaScript. */
export function renderNumber(value: number): string {
  if (Number.isFinite(value)) return String(value)
  if (Number.isNaN(value)) return 'NaN'
  return value > 0 ? '+Inf' : '-Inf'
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern finds control characters.
const special = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u2028\u2029"\\]/
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above.
const unreadable = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029]/g

/**
 * Escapes a label value as the format requires. Prometheus reads all other characters unchanged, but many clients end a line
 * at carriage returns, form feeds and similar characters, and terminals execute control characters. Like a byte that cannot
 * be decoded (`decodeText`), such a character becomes U+FFFD and its code, so that different names remain different.
 */
function escapeValue(value: string): string {
  if (!special.test(value)) return value
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n').replaceAll(unreadable, codeOf)
}

/** Two hexadecimal digits for an ASCII character; with `u`, four for another one. */
function codeOf(character: string): string {
  const code = character.charCodeAt(0)
  return code < 0x80 ? `\ufffd${code.toString(16).padStart(2, '0')}` : `\ufffdu${code.toString(16).padStart(4, '0')}`
}
