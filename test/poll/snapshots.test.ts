import { test } from 'tap'
import { render } from '../../src/metric/exposition.ts'
import { expiresAt, isFresh, type Snapshot, Snapshots } from '../../src/poll/snapshots.ts'

/** A snapshot with this number of samples. */
const snapshot = (datname: string, query: string, samples = 1): Omit<Snapshot, 'server'> => ({
  datname,
  query,
  intervalSeconds: 15,
  succeededAt: 1000,
  seconds: 0.25,
  rows: samples,
  texts: render(
    Array.from({ length: samples }, (_, index) => ({
      family: { name: `pg_${query}`, type: 'gauge', help: 'X.' },
      labels: { datname, name: String(index) },
      value: 1
    }))
  ).texts,
  failure: undefined
})

const refused = { errorClass: 'network', message: 'refused' } as const

test('a snapshot is fresh for three intervals after its poll; one without a result never is', async (t) => {
  const snapshots = new Snapshots('s')
  snapshots.put(snapshot('d', 'q'))
  const [known] = snapshots.all()
  if (known === undefined) throw new Error('there is no snapshot')
  t.equal(expiresAt(known), 46_000)
  t.ok(isFresh(known, 46_000))
  t.notOk(isFresh(known, 46_001))
  t.notOk(isFresh({ ...known, succeededAt: undefined }, 0))
})

test('a failed poll keeps the last result and its time', async (t) => {
  const snapshots = new Snapshots('s')
  snapshots.put(snapshot('d', 'q', 2))
  snapshots.fail('d', 'q', 15, 5, refused)
  t.match(snapshots.get('d', 'q'), { server: 's', succeededAt: 1000, rows: 2, texts: [{ samples: 2 }], seconds: 5, failure: refused })
  snapshots.fail('d', 'never', 15, 0, refused)
  t.match(snapshots.get('d', 'never'), { succeededAt: undefined, rows: 0, texts: [], failure: refused })
})

test('a query that is polled less often keeps its result for three of the longer intervals', async (t) => {
  const snapshots = new Snapshots('s')
  snapshots.put(snapshot('d', 'q'))
  snapshots.extend('d', 'q', 60)
  t.equal(snapshots.get('d', 'q')?.intervalSeconds, 60)
  snapshots.extend('d', 'q', 30)
  t.equal(snapshots.get('d', 'q')?.intervalSeconds, 60, 'not for less')
  snapshots.extend('d', 'unknown', 30)
  t.equal(snapshots.get('d', 'unknown'), undefined)
})

test('samples are counted by database', async (t) => {
  const snapshots = new Snapshots('s')
  const others = (datname: string, query: string, database = datname) => snapshots.exportedByOthers(datname, query, database).samples
  for (const one of [snapshot('d', 'q', 3), snapshot('d', 'other', 4), snapshot('e', 'q', 5)]) snapshots.put(one)
  t.equal(others('d', 'q'), 4)
  t.equal(others('d', 'third'), 7)
  snapshots.put(snapshot('d', 'other', 1))
  t.equal(others('d', 'q'), 1)
  snapshots.fail('d', 'other', 15, 0, refused)
  t.equal(others('d', 'q'), 1, 'the last result is kept')
  snapshots.keepOnly((datname) => datname === 'e')
  t.equal(others('d', 'q'), 0)
  t.equal(others('e', 'other'), 5)
})

test('rows of a server-wide query count for their databases, and of a contributing database only its own rows count', async (t) => {
  const snapshots = new Snapshots('s')
  const { texts: ofD } = snapshot('d', 'q', 3)
  const { texts: ofE } = snapshot('e', 'q', 4)
  snapshots.put({ ...snapshot('', 'q'), texts: [...ofD, ...ofE] })
  snapshots.put({ ...snapshot('d', 'q'), texts: [...ofD, ...ofE] })
  const others = (datname: string, database: string) => snapshots.exportedByOthers(datname, 'other', database)
  t.equal(others('', 'd').samples, 3)
  t.equal(others('', 'd').bytes, ofD[0]?.text.length)
  t.equal(others('', 'e').samples, 4)
  t.equal(others('d', 'd').samples, 3)
  t.equal(others('e', 'e').samples, 0)
  snapshots.keepOnly((datname) => datname !== '')
  t.same([others('', 'd').samples, others('d', 'd').samples], [0, 3])
})

test('snapshots of queries that no longer run are deleted', async (t) => {
  const snapshots = new Snapshots('s')
  for (const query of ['q', 'old']) snapshots.put(snapshot('d', query))
  snapshots.keepOnly((_, query) => query !== 'old')
  t.same(
    snapshots.all().map(({ query }) => query),
    ['q']
  )
})

test('snapshots are sorted by database and query, regardless of the order of polls', async (t) => {
  const snapshots = new Snapshots('s')
  const names = () => snapshots.all().map(({ datname, query }) => `${datname}/${query}`)
  for (const [datname, query] of [
    ['b', 'q'],
    ['', 'z'],
    ['a', 'q'],
    ['a', 'b']
  ] as const) {
    snapshots.put(snapshot(datname, query))
  }
  t.same(names(), ['/z', 'a/b', 'a/q', 'b/q'])
  snapshots.put(snapshot('b', 'q'))
  snapshots.put(snapshot('', 'a'))
  t.same(names(), ['/a', '/z', 'a/b', 'a/q', 'b/q'])
})

test('the revision changes with every snapshot', async (t) => {
  const snapshots = new Snapshots('s')
  const revisions = [snapshots.revision]
  for (const change of [
    () => snapshots.put(snapshot('d', 'q')),
    () => snapshots.fail('d', 'q', 15, 0, refused),
    () => snapshots.extend('d', 'q', 60),
    () => snapshots.keepOnly(() => false)
  ]) {
    change()
    revisions.push(snapshots.revision)
  }
  t.equal(new Set(revisions).size, 5)
  snapshots.keepOnly(() => false)
  t.equal(snapshots.revision, revisions.at(-1), 'nothing was forgotten')
})
