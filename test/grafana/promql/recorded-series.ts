import { catalogue } from '../../../grafana/source/catalogue.ts'
import type { Recording } from '../../../grafana/source/rules/recording.ts'
import { labelSet, type Series, type SeriesEntry } from './label-set.ts'
import { parseExpression } from './parse-expression.ts'

/** The catalogue with what these rules record, each of which may read those before it. */
export function recordedSeries(groups: Readonly<Record<string, readonly Recording[]>>): Series {
  const series: Record<string, SeriesEntry> = { ...catalogue }
  for (const { record, expression, labels = {} } of Object.values(groups).flat()) {
    const found = labelSet(parseExpression(expression), series, () => {}) ?? []
    const own = [...found, ...Object.keys(labels)].filter((label) => label !== 'job' && label !== 'instance')
    series[record] = { type: 'gauge', unit: 'none', labels: own }
  }
  return series
}
