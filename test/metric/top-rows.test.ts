import { test } from 'tap'
import { type Entry, readRows } from '../../src/metric/sample.ts'
import { TopRows } from '../../src/metric/top-rows.ts'
import { parseQuery } from '../../src/query/parse.ts'

const tables = parseQuery(
  'tables.sql',
  '-- T.\n--\n-- scope: database\n-- top: 3 by reads_total, bytes\n-- label relname\n-- counter reads_total: R.\n-- gauge bytes: B.\nselect 1'
)

/** Tables t0, t1 … with these reads and sizes. */
function entries(reads: readonly number[], bytes: readonly number[] = reads.map(() => 0), datname = 'd'): readonly Entry[] {
  const rows = reads.map((count, index) => [`t${index}`, String(count), String(bytes[index])])
  return readRows(tables, ['relname', 'reads_total', 'bytes'], rows, { server: 's', datname }).entries
}

const namesOf = ({ shown }: { readonly shown: readonly Entry[] }) => shown.map(({ labels }) => labels.relname).join(' ')

test("while all rows fit they are shown in their order, with PostgreSQL's own values", async (t) => {
  const rows = entries([5, 900, 7], [1, 2, 3])
  t.same(new TopRows(tables).choose(rows, { limit: 3, now: 0 }), { shown: rows, leftOut: 0 })
})

test('rows beyond the limit are left out and counted; the columns choose in turn', async (t) => {
  const top = new TopRows(tables)
  top.choose(entries([0, 0, 0, 0, 0, 0]), { limit: 3, now: 0 })
  const chosen = top.choose(entries([9, 8, 7, 0, 0, 0], [0, 0, 0, 4, 5, 6]), { limit: 3, now: 15_000 })
  t.equal(chosen.leftOut, 3)
  t.equal(namesOf(chosen), 't0 t1 t5')
  t.same(chosen.shown[0]?.values, [9, 0])
})

test('there are never more than the limit, and at least one', async (t) => {
  const top = new TopRows(tables)
  const reads = Array.from({ length: 50 }, (_, index) => index)
  for (const limit of [50, 20, 5, 0.5, 0, 7]) {
    const { shown, leftOut } = top.choose(entries(reads), { limit, now: 0 })
    t.equal(shown.length, Math.max(1, Math.floor(limit)))
    t.equal(shown.length + leftOut, 50)
  }
})

test('counters rank by recent movement: a table read now is shown although others were read more', async (t) => {
  const top = new TopRows(tables)
  const old = Array.from({ length: 10 }, () => 1e6)
  top.choose(entries([0, ...old]), { limit: 3, now: 0 })
  t.notMatch(namesOf(top.choose(entries([0, ...old]), { limit: 3, now: 15_000 })), /t0/)
  t.match(namesOf(top.choose(entries([50, ...old]), { limit: 3, now: 30_000 })), /t0/)
})

test('a member stays until another row moved more than twice as much, and movement halves in five minutes', async (t) => {
  const top = new TopRows(tables)
  const choose = (first: number, second: number, seconds: number) =>
    namesOf(top.choose(entries([first, second, 0, 0]), { limit: 1, now: seconds * 1000 }))
  choose(0, 0, 0)
  t.equal(choose(100, 0, 15), 't0')
  t.equal(choose(100, 150, 30), 't0')
  t.equal(choose(100, 150, 100), 't0')
  t.equal(choose(100, 250, 115), 't1')
  t.equal(choose(400, 250, 1315), 't0', 'what moved 20 minutes ago counts a sixteenth')
})

test('a counter that falls was reset and ranks by its new value', async (t) => {
  const top = new TopRows(tables)
  top.choose(entries([1000, 1000]), { limit: 1, now: 0 })
  t.equal(namesOf(top.choose(entries([1000, 10]), { limit: 1, now: 15_000 })), 't1')
})

test('of a query with the label datname every database is guaranteed its share of the limit', async (t) => {
  const query = parseQuery(
    't.sql',
    '-- T.\n--\n-- scope: server\n-- top: 3 by bytes\n-- label datname\n-- label relname\n-- gauge bytes: B.\nselect 1'
  )
  const rowsOf = (datname: string, count: number) =>
    Array.from({ length: count }, (_, index) => [datname, `t${index}`, String(count + index)])
  const { entries } = readRows(query, ['datname', 'relname', 'bytes'], [...rowsOf('large', 60), ...rowsOf('small', 12)], { server: 's' })
  const top = new TopRows(query)
  const smallOf = (limit: number) => top.choose(entries, { limit, now: 0 }).shown.filter(({ labels }) => labels.datname === 'small').length
  t.equal(smallOf(40), 12)
  t.equal(smallOf(20), 10)
  t.equal(smallOf(8), 4)
})
