import { catalogue } from '../../../grafana/source/catalogue.ts'
import type { Recording } from '../../../grafana/source/rules/recording.ts'
import { unitOf } from '../dashboards/unit-of.ts'
import { labelSet, type Series, type SeriesEntry } from './label-set.ts'
import { parseExpression } from './parse-expression.ts'

/** The catalogue and the series of recording rules. A rule may use the series of earlier ones. */
export function recordedSeries(groups: Readonly<Record<string, readonly Recording[]>>): Series {
  const series: Record<string, SeriesEntry> = { ...catalogue }
  for (const { record, expression, labels = {} } of Object.values(groups).flat()) {
    const parsed = parseExpression(expression)
    const found = labelSet(parsed, series, () => {}) ?? []
    const own = [...found, ...Object.keys(labels)].filter((label) => label !== 'job' && label !== 'instance')
    series[record] = { type: 'gauge', unit: unitOf(parsed, series) ?? 'none', labels: own }
  }
  return series
}
