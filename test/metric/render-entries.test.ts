import { test } from 'tap'
import { renderEntries } from '../../src/metric/render-entries.ts'
import { readRows } from '../../src/metric/sample.ts'
import { noLimit, type SampleLimit } from '../../src/metric/sample-limit.ts'
import { parseQuery } from '../../src/query/parse.ts'

const query = parseQuery('things.sql', '-- T.\n--\n-- scope: server\n-- label kind\n-- gauge size: S.\n-- gauge age: A.\nselect 1')
const entriesOf = (...rows: (string | null)[][]) => readRows(query, ['kind', 'size', 'age'], rows, { server: 's' }).entries

test('entries are rendered as a whole up to the sample limit, and the rest is counted', async (t) => {
  const entries = entriesOf(['a', '1', '2'], ['b', '3', null], ['c', '4', '5'], ['d', '6', null])
  const rendered = (samples = Number.POSITIVE_INFINITY) => {
    const { texts, dropped } = renderEntries(query, entries, { limitOf: () => ({ ...noLimit, samples }) })
    return [texts.reduce((sum, { samples }) => sum + samples, 0), dropped.budget]
  }
  t.same(rendered(), [6, 0])
  t.same(rendered(6), [6, 0])
  t.same(rendered(4), [3, 3])
  t.same(rendered(0), [0, 6])
})

test('one database does not exhaust the samples or bytes of another', async (t) => {
  const rows = [...Array.from({ length: 100 }, () => 'hostile'), 'victim'].map((kind, index) => [`${kind} ${index}`, '1', '2'])
  const { entries } = readRows(query, ['kind', 'size', 'age'], rows, { server: 's' })
  const datnameOf = ({ kind = '' }) => kind.split(' ')[0] ?? ''
  const samplesOf = (limit: Partial<SampleLimit>) => {
    const { texts, dropped } = renderEntries(query, entries, { datnameOf, limitOf: () => ({ ...noLimit, ...limit }) })
    const of = (datname: string) => texts.reduce((sum, text) => sum + (text.datname === datname ? text.samples : 0), 0)
    return { hostile: of('hostile'), victim: of('victim'), ...dropped }
  }
  t.same(samplesOf({ samples: 7 }), { hostile: 6, victim: 2, budget: 194, bytes: 0, duplicate: 0 })
  // {server="s",kind="hostile 0"} has 29 bytes.
  t.same(samplesOf({ bytes: 130 }), { hostile: 4, victim: 2, budget: 0, bytes: 196, duplicate: 0 })
})

test('samples with the same name and labels are dropped and counted', async (t) => {
  const { dropped, texts } = renderEntries(query, entriesOf(['a', '1', '2'], ['a', '3', '4']))
  t.same(dropped, { budget: 0, bytes: 0, duplicate: 2 })
  t.match(
    texts.map(({ text }) => String(text)),
    ['pg_things_size{server="s",kind="a"} 1\n', 'pg_things_age{server="s",kind="a"} 2\n']
  )
})

test('texts belong to the database that datnameOf returns', async (t) => {
  const { texts } = renderEntries(query, entriesOf(['a', '1', null]), { datnameOf: ({ kind = '' }) => `${kind}!` })
  t.same(
    texts.map(({ datname }) => datname),
    ['a!']
  )
})

test('duplicates are found wherever they are, with labels objects of the previous result', async (t) => {
  const rows = [
    ['a', '1', null],
    ['b', '2', '3'],
    ['a', '4', '5'],
    ['a', '6', '7']
  ]
  const read = (known?: ReturnType<typeof readRows>['knownLabels']) =>
    readRows(query, ['kind', 'size', 'age'], rows, { server: 's' }, known)
  const first = read()
  for (const { entries } of [first, read(first.knownLabels)]) {
    const { texts, dropped } = renderEntries(query, entries)
    t.equal(dropped.duplicate, 3)
    t.same(texts.map(({ text }) => String(text)).sort(), [
      'pg_things_age{server="s",kind="b"} 3\npg_things_age{server="s",kind="a"} 5\n',
      'pg_things_size{server="s",kind="a"} 1\npg_things_size{server="s",kind="b"} 2\n'
    ])
  }
})
