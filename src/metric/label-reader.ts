import type { Query } from '../query/query.ts'
import { unpack } from './packed.ts'
import type { Labels } from './sample.ts'

/** Reads the labels of a limited query's rows from their packed text. */
export interface LabelReader {
  readonly labelsOf: (labelsText: string) => Labels
  /** The database alone, which costs less. */
  readonly datnameOf: (labelsText: string) => string
  /** What stands for the labels that remain when the others are `other`. */
  readonly remainingOf: (labelsText: string) => string
  /** The labels with `other` in place of those that the query names. */
  readonly otherLabelsOf: (labelsText: string) => Labels
  /** Whether a row has those labels by itself, as a table other in a schema other. */
  readonly isOther: (labelsText: string) => boolean
}

/** `fixed` are the labels that every row has. */
export function createLabelReader(query: Query, fixed: Labels): LabelReader {
  const names = query.columns.filter((column) => column.kind === 'label').map((column) => column.name)
  const others = Object.fromEntries((query.top?.other ?? []).map((name) => [name, 'other']))
  const datnameIndex = names.indexOf('datname')
  const replaced = names.flatMap((name, index) => (others[name] === undefined ? [] : [index]))
  const remaining = names.flatMap((name, index) => (others[name] === undefined ? [index] : []))
  const labelsOf = (labelsText: string): Labels => {
    const labels: Record<string, string> = { ...fixed }
    const fields = unpack(labelsText)
    for (const [index, name] of names.entries()) labels[name] = fields[index] ?? ''
    return labels
  }
  return {
    labelsOf,
    datnameOf: (labelsText) => fixed.datname ?? (datnameIndex === -1 ? '' : (unpack(labelsText)[datnameIndex] ?? '')),
    remainingOf: (labelsText) => {
      const fields = unpack(labelsText)
      return remaining.map((index) => fields[index]).join('\u0000')
    },
    otherLabelsOf: (labelsText) => ({ ...labelsOf(labelsText), ...others }),
    isOther: (labelsText) => {
      if (replaced.length === 0 || !labelsText.includes('other')) return false
      const fields = unpack(labelsText)
      return replaced.every((index) => fields[index] === 'other')
    }
  }
}
