import { test } from 'tap'
import { detailOfFamily } from '../src/query/at-detail.ts'
import { loadQueries } from '../src/query/load.ts'
import { familiesOf, isValueColumn, labelNames, metricName } from '../src/query/query.ts'
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

/** The families of collectors that postgres_exporter does not run by default and that cost much: one sample per index or a scan. */
const optional = /^pg_(buffercache_summary|database_wraparound|statio_user_indexes)_/

test('every family that postgres_exporter exports by default is exported by default', async (t) => {
  const queries = loadQueries()
  for (const family of inheritedFamilies) {
    const [name = ''] = family.split(' ')
    const query = queries.find((one) => familiesOf(one).some((own) => own.name === name))
    t.equal(query && detailOfFamily(query, name) !== 'full', !optional.test(name), name)
  }
})
