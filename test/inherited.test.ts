import { test } from 'tap'
import { loadQueries } from '../src/query/load.ts'
import { isValueColumn, labelNames, metricName } from '../src/query/query.ts'
import { inheritedFamilies } from './page/inherited-families.ts'

test('every family of postgres_exporter exists with its name, type and labels', async (t) => {
  const ours = new Map(
    loadQueries().flatMap((query) =>
      query.columns.filter(isValueColumn).map((column) => [metricName(query, column), { type: column.kind, labels: labelNames(query) }])
    )
  )
  t.ok(inheritedFamilies.length > 120)
  for (const family of inheritedFamilies) {
    const [name = '', type, labels = ''] = family.split(' ')
    const own = ours.get(name)
    t.equal(own?.type, type, `${name} is a ${type}`)
    for (const label of labels.split(',').filter(Boolean)) t.ok(own?.labels.includes(label), `${name} has the label ${label}`)
  }
})
