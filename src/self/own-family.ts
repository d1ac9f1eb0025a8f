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
  /** The samples of these servers, and those without the label `server`; without servers, all. */
  readonly samples: (servers?: readonly string[]) => readonly Sample[]
}

/** Creates a family without samples. */
export function createOwnFamily(family: Family): OwnFamily {
  /** By server, `''` for samples without a server, and by labels. */
  const byServer = new Map<string, Map<string, { readonly labels: Labels; value: number }>>()
  const change = (labels: Labels, valueAfter: (before: number) => number) => {
    const { server = '' } = labels
    const samples = byServer.get(server) ?? new Map<string, { readonly labels: Labels; value: number }>()
    if (samples.size === 0) byServer.set(server, samples)
    const text = renderLabels(labels)
    const sample = samples.get(text)
    if (sample === undefined) samples.set(text, { labels, value: valueAfter(0) })
    else sample.value = valueAfter(sample.value)
  }
  return {
    add: (labels, value) => change(labels, (before) => before + value),
    set: (labels, value) => change(labels, () => value),
    clear: () => byServer.clear(),
    forget: ({ server, datname }) => {
      const samples = byServer.get(server) ?? new Map()
      for (const [text, { labels }] of samples) if (datname === undefined || labels.datname === datname) samples.delete(text)
      if (samples.size === 0) byServer.delete(server)
    },
    samples: (servers) => {
      const selected = servers === undefined ? [...byServer.values()] : ['', ...servers].flatMap((server) => byServer.get(server) ?? [])
      return selected.flatMap((samples) => [...samples.values()].map(({ labels, value }) => ({ family, labels, value })))
    }
  }
}
