import { test } from 'tap'
import { type Built, isServable, KeptPages } from '../../src/page/kept-pages.ts'
import { keyOf, type Selection } from '../../src/page/selection.ts'

const whole: Selection = {}
/** No scrape is expected. */
const never = () => undefined
const page = (builtAt: number, more: Partial<Built> = {}): Built => ({
  builtAt,
  freshUntil: Number.POSITIVE_INFINITY,
  revision: '1',
  buildMs: 0,
  bytes: 1000,
  ...more
})

/** Keeps a page that was requested at these times, in seconds. */
function keep(kept: KeptPages<Built>, one: Built, selection: Selection, ...seconds: readonly number[]): void {
  kept.put(selection, one, one.builtAt)
  for (const time of seconds) kept.requested(selection, time * 1000)
}

test('a page shows the current state, or that of at most 250 ms ago, without expired values', async (t) => {
  t.ok(isServable(page(0), '1', 1e9))
  t.ok(isServable(page(0), '2', 250))
  t.notOk(isServable(page(0), '2', 251))
  t.ok(isServable(page(0, { freshUntil: 100 }), '1', 100))
  t.notOk(isServable(page(0, { freshUntil: 100 }), '1', 101))
})

test('at most 256 pages are kept, those that were requested last', async (t) => {
  const kept = new KeptPages<Built>()
  for (let index = 0; index < 256; index++) keep(kept, page(0), { server: `s${index}` }, 0)
  t.ok(kept.get({ server: 's0' }))
  kept.requested({ server: 's0' }, 1000)
  keep(kept, page(0), { server: 'new' }, 1)
  t.ok(kept.get({ server: 's0' }), 'requested again')
  t.notOk(kept.get({ server: 's1' }))
  t.ok(kept.get({ server: 's2' }))
})

test('the kept pages have at most 64 MiB; a larger one is kept alone', async (t) => {
  const kept = new KeptPages<Built>()
  for (const server of ['a', 'b', 'c']) keep(kept, page(0, { bytes: 30 * 2 ** 20 }), { server }, 0)
  t.same(
    ['a', 'b', 'c'].map((server) => kept.get({ server }) !== undefined),
    [false, true, true]
  )
  keep(kept, page(0, { bytes: 100 * 2 ** 20 }), whole, 0)
  t.ok(kept.get(whole))
  t.notOk(kept.get({ server: 'c' }))
})

test('a page that was not requested for ten minutes is deleted', async (t) => {
  const kept = new KeptPages<Built>()
  keep(kept, page(0), whole, 0)
  kept.nextCheck(never, 600_000)
  t.ok(kept.get(whole))
  t.equal(kept.nextCheck(never, 600_001), undefined)
  t.notOk(kept.get(whole))
})

test('without an expected scrape, a page is built once its state has changed and no longer changes, after a second at the latest', async (t) => {
  const kept = new KeptPages<Built>()
  keep(kept, page(0), whole, 0)
  let revision = 1
  const due = (now: number) => kept.due(() => String(revision), never, now).length
  t.equal(kept.nextCheck(never, 0), 250)
  t.equal(due(250), 0, 'nothing has changed')
  revision = 2
  t.equal(due(500), 0, 'still changing')
  t.equal(due(750), 1, 'quiet')
  kept.put(whole, page(750, { revision: '2' }), 750)
  t.equal(due(1000), 0, 'built')
  t.same(
    [1250, 1500, 1750, 2000, 2250].map((now) => {
      revision++
      return due(now)
    }),
    [0, 0, 0, 0, 1],
    'changing for a second'
  )
})

test('without an expected scrape, builds use at most 2 % of a core, and none follows two minutes after the last request', async (t) => {
  const kept = new KeptPages<Built>()
  keep(kept, page(0, { buildMs: 100 }), whole, 0)
  const due = (now: number) => kept.due(() => '2', never, now).length
  t.equal(due(4999), 0)
  t.equal(due(5000), 0, 'perhaps still changing')
  t.equal(due(5250), 1)
  kept.put(whole, page(110_000, { buildMs: 100 }), 110_000)
  t.equal(due(114_999), 0)
  due(115_000)
  t.equal(due(120_000), 1)
  t.equal(due(120_001), 0)
  t.equal(kept.nextCheck(never, 120_001), undefined)
})

test('an expired value is a change', async (t) => {
  const kept = new KeptPages<Built>()
  keep(kept, page(0, { freshUntil: 1000 }), whole, 0)
  const due = (now: number) => kept.due(() => '1', never, now).length
  t.same([500, 1000, 1001].map(due), [0, 0, 1])
})

test('a page whose value expires between the preparation and the scrape is built', async (t) => {
  const kept = new KeptPages<Built>()
  const due = (freshUntil: number) => {
    keep(kept, page(0, { freshUntil }), whole, 0, 15, 30)
    return kept.due(
      () => '1',
      () => 45_000,
      44_975
    ).length
  }
  t.same([45_000, 44_999].map(due), [0, 1])
})

test('a page is built once, shortly before the next expected scrape', async (t) => {
  const kept = new KeptPages<Built>()
  keep(kept, page(0, { buildMs: 20 }), whole, 0, 15, 30)
  const due = (now: number) =>
    kept.due(
      () => '2',
      () => 45_000,
      now
    ).length
  t.equal(
    kept.nextCheck(() => 45_000, 30_000),
    44_910
  )
  t.same([40_000, 44_909, 44_910].map(due), [0, 0, 1])
  kept.put(whole, page(44_910, { buildMs: 20, revision: '1' }), 44_910)
  t.equal(due(44_990), 0, 'although the state has changed again')
  t.equal(
    kept.nextCheck(() => 45_000, 44_910),
    45_250
  )
  kept.put(whole, page(30_000, { buildMs: 1000 }), 30_000)
  t.same([44_799, 44_800].map(due), [0, 1], 'a large page too is at most 250 ms old at the scrape')
})

test('pages are built before their own scrapes only, and the revisions of others are not read', async (t) => {
  const kept = new KeptPages<Built>()
  const pages = Array.from({ length: 200 }, (_, index) => ({ team: `t${index}` }))
  for (const selection of pages) keep(kept, page(0), selection, 0)
  // As 200 scrapers with a period of 15 s.
  const scrapes = new Map(pages.map((selection, index) => [keyOf(selection), 15_000 + index * 75]))
  let reads = 0
  const due = (now: number) =>
    kept.due(
      () => {
        reads++
        return '2'
      },
      (key) => scrapes.get(key),
      now
    )
  t.same(due(14_969), [])
  t.same(due(14_970), [{ team: 't0' }])
  kept.put({ team: 't0' }, page(14_970, { revision: '2' }), 14_970)
  t.same(due(15_045), [{ team: 't1' }])
  t.equal(reads, 2)
})

test('without expected scrapes, the builds of all pages together use at most 2 % of a core', async (t) => {
  const kept = new KeptPages<Built>()
  for (let index = 0; index < 200; index++) keep(kept, page(0, { buildMs: 20 }), { team: `t${index}` }, 0)
  const built = new Set<string>()
  for (let now = 250; now <= 60_000; now += 250) {
    for (const selection of kept.due(() => '2', never, now)) {
      built.add(`${selection.team}`)
      kept.put(selection, page(now, { buildMs: 20 }), now)
    }
  }
  t.equal(built.size, 59, 'one a second, each of another page')
})
