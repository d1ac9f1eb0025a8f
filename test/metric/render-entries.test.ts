import { test } from 'tap'
import { renderEntries } from '../../src/metric/render-entries.ts'
import { parseQuery } from '../../src/query/parse.ts'

const query = parseQuery('two.sql', '-- T.\n--\n-- scope: server\n-- label name\n-- gauge a: A.\n-- gauge b: B.\nselect 1')
const entry = (name: string, ...values: (number | undefined)[]) => ({ labels: { name }, suffix: undefined, values })

test('beyond the sample limit rows are dropped as a whole, and their samples counted', async (t) => {
  const entries = [entry('x', 1, 2), entry('y', 3, undefined), entry('z', 4, 5), entry('last', 6, undefined)]
  const { texts, dropped } = renderEntries(query, entries, { maxSamples: 4 })
  t.same(texts.map(({ text }) => String(text)).join(''), 'pg_two_a{name="x"} 1\npg_two_a{name="y"} 3\npg_two_b{name="x"} 2\n')
  t.equal(dropped.budget, 3)
  t.equal(renderEntries(query, entries).dropped.budget, 0)
})
