import { renderLabels } from '../metric/exposition.ts'
import type { Family, Labels, Sample } from '../metric/sample.ts'

/** A family of the exporter's own metrics, with its current samples. */
export interface OwnFamily {
  /** Adds to the sample with these labels, which begins at 0. */
  readonly add: (labels: Labels, value: number) => void
  readonly set: (labels: Labels, value: number) => void
  readonly clear: () => void
  /** Deletes the samples of a server, or of one of its databases. */
  readonly forget: (removed: { readonly server: string; readonly datname?: string }) => void
  readonly samples: () => readonly Sample[]
}

/** Creates a family without samples. */
export function createOwnFamily(family: Family): OwnFamily {
  const samples = new Map<string, { readonly labels: Labels; value: number }>()
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
    samples: () => [...samples.values()].map(({ labels, value }) => ({ family, labels, value }))
  }
}
