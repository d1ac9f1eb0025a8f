import type { Detail } from '../../src/query/detail.ts'
import { generated } from './generated/catalogue.ts'
import { serverSettings } from './server-settings.ts'
import { surrounding } from './surrounding.ts'

/** Every metric that rules and panels may use, with its type, unit and labels. Prometheus adds `job` and `instance`. */
export const catalogue = { ...generated, ...serverSettings, ...surrounding }

export type Catalogue = typeof catalogue

export type MetricName = keyof Catalogue

/** The labels of a metric's series in Prometheus. */
export type LabelName<Metric extends MetricName> = Catalogue[Metric]['labels'][number] | 'job' | 'instance'

/** A selector with a checked metric name and checked labels: `select('pg_up', { server: '=~"$server"' })`. */
export function select<Metric extends MetricName>(metric: Metric, matchers?: Readonly<Partial<Record<LabelName<Metric>, string>>>): string {
  const inner = Object.entries(matchers ?? {}).map(([label, matcher]) => `${label}${matcher}`)
  return inner.length === 0 ? metric : `${metric}{${inner.join(', ')}}`
}

/** The lowest level of detail that exports a metric. */
export function detailOf(metric: string): Detail {
  const known: Readonly<Record<string, { readonly detail: Detail }>> = generated
  return known[metric]?.detail ?? 'minimal'
}

/** The help text of a metric, for descriptions of panels that show this metric. */
export const help = (metric: keyof typeof generated): string => generated[metric].help
