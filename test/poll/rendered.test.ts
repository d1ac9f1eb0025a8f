import { test } from 'tap'
import { rendered } from '../../src/poll/rendered.ts'
import { parseQuery } from '../../src/query/parse.ts'

const query = parseQuery('two.sql', '-- T.\n--\n-- scope: server\n-- label name\n-- gauge a: A.\n-- gauge b: B.\nselect 1')
const entry = (name: string, ...values: (number | undefined)[]) => ({ labels: { name }, suffix: undefined, values })
const missing = { cutRows: 0, duplicates: 0, illegal: 0 }

test('beyond the bound of samples rows are left out as a whole, and counted', async (t) => {
  const entries = [entry('x', 1, 2), entry('y', 3, undefined), entry('z', 4, 5), entry('last', 6, undefined)]
  const { texts, dropped } = rendered(query, 4, entries, missing, { maxSamples: 4 })
  t.same(texts.map(({ text }) => String(text)).join(''), 'pg_two_a{name="x"} 1\npg_two_a{name="y"} 3\npg_two_b{name="x"} 2\n')
  t.equal(dropped.budget, 3)
  t.equal(rendered(query, 4, entries, missing, {}).dropped.budget, 0)
})
