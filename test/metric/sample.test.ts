import { test } from 'tap'
import { columnsMismatch, type Labels, type Row, readRows, rowsLeftOut, toSamples } from '../../src/metric/sample.ts'
import { parseQuery } from '../../src/query/parse.ts'
import type { Query } from '../../src/query/query.ts'

const query = parseQuery('things.sql', '-- T.\n--\n-- scope: server\n-- label kind\n-- gauge size: S.\n-- counter seen_total: N.\nselect 1')
const columns = ['kind', 'size', 'seen_total']

/** The samples of rows, and how many values were illegal. */
function sampled(of: Query, names: readonly string[], rows: readonly Row[], labels: Labels) {
  const { entries, illegal } = readRows(of, names, rows, labels)
  return { samples: toSamples(of, entries), illegal }
}

test('a row yields one sample for each value column, with the same labels', async (t) => {
  const { samples } = sampled(query, columns, [['a', '1.5', '9007199254740993']], { server: 's' })
  t.match(samples, [
    { family: { name: 'pg_things_size', type: 'gauge', help: 'S.' }, labels: { server: 's', kind: 'a' }, value: 1.5 },
    { family: { name: 'pg_things_seen_total', type: 'counter' }, value: 9007199254740992 }
  ])
  t.equal(samples[0]?.labels, samples[1]?.labels)
})

test('columns may come in any order', async (t) => {
  const { samples } = sampled(query, ['seen_total', 'kind', 'size'], [['3', 'a', null]], { server: 's' })
  t.match(samples, [{ family: { name: 'pg_things_seen_total' }, labels: { kind: 'a' }, value: 3 }])
})

test('a cut column returns the number of rows that the SQL left out, and yields no sample', async (t) => {
  const cut = parseQuery('things.sql', '-- T.\n--\n-- scope: server\n-- gauge size: S.\n-- cut left\nselect 1')
  const rows = [
    ['1', '7'],
    ['2', '7']
  ]
  t.equal(rowsLeftOut(cut, ['size', 'left'], rows), 7)
  t.equal(rowsLeftOut(cut, ['size', 'left'], []), 0)
  t.equal(rowsLeftOut(query, columns, [['a', '1', '2']]), 0)
  t.equal(sampled(cut, ['size', 'left'], rows, {}).samples.length, 2)
})

test('null is absent, never 0; an invalid number is counted, never 0', async (t) => {
  const { samples, illegal } = sampled(
    query,
    columns,
    [
      ['a', null, ''],
      ['b', ' ', 'abc']
    ],
    {}
  )
  t.same(samples, [])
  t.equal(illegal, 3)
})

test('a null label is empty', async (t) => {
  t.match(sampled(query, columns, [[null, '1', null]], {}).samples, [{ labels: { kind: '' } }])
})

test("PostgreSQL's words for numbers and booleans are understood", async (t) => {
  for (const [text, value] of [
    ['t', 1],
    ['f', 0],
    ['NaN', Number.NaN],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['-Infinity', Number.NEGATIVE_INFINITY],
    ['1e+21', 1e21]
  ] as const) {
    t.same(sampled(query, columns, [['a', text, null]], {}).samples[0]?.value, value, text)
  }
})

test('rows can name metrics; an invalid name is counted', async (t) => {
  const settings = parseQuery('settings.sql', '-- S.\n--\n-- scope: server\n-- suffix name\n-- gauge value: The setting {}.\nselect 1')
  const { samples, illegal } = sampled(
    settings,
    ['name', 'value'],
    [
      ['work_mem', '4'],
      ['bad name', '1'],
      [null, '1']
    ],
    {}
  )
  t.match(samples, [{ family: { name: 'pg_settings_work_mem', help: 'The setting work_mem.' }, value: 4 }])
  t.equal(illegal, 2)
})

test('a help column replaces {} in the help', async (t) => {
  const settings = parseQuery(
    'settings.sql',
    '-- S.\n--\n-- scope: server\n-- suffix name\n-- help parameter\n-- gauge value: Server parameter {}.\nselect 1'
  )
  const { samples } = sampled(settings, ['name', 'parameter', 'value'], [['a_b_bytes', 'a.b, in bytes', '4']], {})
  t.match(samples, [{ family: { name: 'pg_settings_a_b_bytes', help: 'Server parameter a.b, in bytes.' }, value: 4 }])
})

test('missing and surplus columns are named', async (t) => {
  t.equal(columnsMismatch(query, columns), undefined)
  t.equal(
    columnsMismatch(query, ['kind', 'size', 'extra']),
    'the columns of the result differ from the header of things.sql (missing: seen_total; surplus: extra)'
  )
  t.match(columnsMismatch(query, [...columns, 'kind']), /surplus: kind/)
})

test('rows keep their labels objects between results, and rows with equal labels never share one', async (t) => {
  const rows = [
    ['a', '1', '2'],
    ['a', '3', '4'],
    ['b', '5', '6']
  ]
  const query = parseQuery('things.sql', '-- T.\n--\n-- scope: server\n-- label kind\n-- gauge size: S.\n-- gauge age: A.\nselect 1')
  const first = readRows(query, ['kind', 'size', 'age'], rows, { server: 's' })
  const second = readRows(query, ['kind', 'size', 'age'], rows.slice(1), { server: 's' }, first.knownLabels)
  t.not(first.entries[0]?.labels, first.entries[1]?.labels)
  t.same(first.entries[0]?.labels, first.entries[1]?.labels)
  t.equal(second.entries[1]?.labels, first.entries[2]?.labels)
  t.equal(readRows(query, ['kind', 'size', 'age'], rows.slice(2), { server: 's' }, second.knownLabels).knownLabels.size, 1)
})
