import { renderHeader, renderLabels, renderNumber } from '../metric/exposition.ts'
import type { Family, Labels } from '../metric/sample.ts'

/** Whether the samples of a server and of these databases belong to the requested page. */
export type IsSelected = (server: string, datnames: readonly string[]) => boolean

/** A family of the exporter's own metrics, with its current samples. */
export interface OwnFamily {
  /** Adds to the sample with these labels, which begins at 0. */
  readonly add: (labels: Labels, value: number) => void
  readonly set: (labels: Labels, value: number) => void
  readonly clear: () => void
  /** Deletes the samples of a server, or of one of its databases. */
  readonly forget: (removed: { readonly server: string; readonly datname?: string }) => void
  /** The family in the text format; with a selection, only the selected samples. Samples without a server belong to every selection. */
  readonly text: (isSelected?: IsSelected) => string
}

/** Creates a family without samples. The labels of a sample are rendered once: hundreds of databases have some thousand samples. */
export function createOwnFamily(family: Family): OwnFamily {
  const samples = new Map<string, { readonly labels: Labels; value: number }>()
  const header = renderHeader(family)
  const change = (labels: Labels, valueAfter: (before: number) => number) => {
    const text = renderLabels(labels)
    const sample = samples.get(text)
    if (sample === undefined) samples.set(text, { labels, value: valueAfter(0) })
    else sample.value = valueAfter(sample.value)
  }
  return {
    add: (labels, value) => change(labels, (before) => before + value),
    set: (labels, value) => change(labels, () => value),
    clear: () => samples.clear(),
    forget: ({ server, datname }) => {
      for (const [text, { labels }] of samples) {
        if (labels.server === server && (datname === undefined || labels.datname === datname)) samples.delete(text)
      }
    },
    text: (isSelected) => {
      let lines = ''
      for (const [text, { labels, value }] of samples) {
        const { server, datname = '' } = labels
        if (isSelected !== undefined && server !== undefined && !isSelected(server, [datname])) continue
        lines += `${family.name}${text} ${renderNumber(value)}\n`
      }
      return isSelected !== undefined && lines === '' ? '' : header + lines
    }
  }
}
