import { parseDurationSeconds } from './duration.ts'
import type { Column, LookedUp } from './query.ts'

const defaultTextLength = 300

/** Reads `queryid of stat_statements every 5m`. */
export function parseLookup(text: string): Omit<LookedUp, 'textLength'> | undefined {
  const [, label, of, every = ''] = /^([a-z][a-z0-9_]*) of ([a-z][a-z0-9_]*) every (\S+)$/.exec(text) ?? []
  const everySeconds = parseDurationSeconds(every)
  return label === undefined || of === undefined || everySeconds === undefined ? undefined : { label, of, everySeconds }
}

/** With the length to which texts are cut. */
export function lookupOf(lookup: Omit<LookedUp, 'textLength'> | undefined, textLength = defaultTextLength): LookedUp | undefined {
  return lookup && { ...lookup, textLength }
}

/** What is wrong with a lookup: it finds one text for each value of its label. */
export function mistakesInLookup(lookup: Omit<LookedUp, 'textLength'> | undefined, columns: readonly Column[]): readonly string[] {
  if (lookup === undefined) return []
  const labels = columns.filter((column) => column.kind === 'label').map((column) => column.name)
  return labels.length === 2 && labels.includes(lookup.label)
    ? []
    : [`a lookup has two labels, ${lookup.label} and the text that is looked up`]
}
