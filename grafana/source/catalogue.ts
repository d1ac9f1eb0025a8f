import { generated } from './generated/catalogue.ts'
import { serverSettings } from './server-settings.ts'
import { surrounding } from './surrounding.ts'
import { upcoming } from './upcoming.ts'

/** Every metric that a rule or panel may name, with its type, its unit and its labels; Prometheus adds `job` and `instance`. */
export const catalogue = { ...upcoming, ...generated, ...serverSettings, ...surrounding }

export type Catalogue = typeof catalogue

export type MetricName = keyof Catalogue

/** The labels of a metric's series in Prometheus. */
export type LabelName<Metric extends MetricName> = Catalogue[Metric]['labels'][number] | 'job' | 'instance'

/** A selector whose metric and labels the compiler knows: `select('pg_up', { server: '=~"$server"' })`. */
export function select<Metric extends MetricName>(metric: Metric, matchers?: Readonly<Partial<Record<LabelName<Metric>, string>>>): string {
  const inner = Object.entries(matchers ?? {}).map(([label, matcher]) => `${label}${matcher}`)
  return inner.length === 0 ? metric : `${metric}{${inner.join(', ')}}`
}
