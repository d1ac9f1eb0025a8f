import { test } from 'tap'
import type { Row } from '../../src/metric/sample.ts'
import { StatementCounts, type Taken, type TakeOptions } from '../../src/statements/statement-counts.ts'
import { ownRole, statements } from './simulation.ts'

/** A row as the packed query returns it. */
const row = (
  queryid: string,
  calls: number | '',
  seconds: number | '' = 0,
  datname = 'd',
  user = 'u',
  key = `${user},${datname},${queryid}`
): Row => [`(${user},${datname},${queryid})`, `(${key})`, `(${calls},${seconds},${seconds})`]

/** Polls every 15 s, with the results given, of a page that is scraped after each of them. */
class Polls {
  readonly counts = new StatementCounts(statements, { server: 's' })
  readonly #options: Partial<TakeOptions>
  #now = 0

  constructor(options: Partial<TakeOptions> = {}) {
    this.#options = options
  }

  take(rows: readonly Row[], options: Partial<TakeOptions> = {}): Taken {
    this.#now += 15_000
    return this.counts.take(rows, {
      now: this.#now,
      seenUntil: this.#now - 1000,
      epoch: '',
      isWhole: true,
      limit: 100,
      isShown: () => true,
      isOwnRole: (user) => user === ownRole,
      ...this.#options,
      ...options
    })
  }
}

const callsOf = ({ entries }: Taken) => Object.fromEntries(entries.map(({ labels, values }) => [labels.queryid, values[0]]))
const totalOf = ({ entries }: Taken) => entries.reduce((sum, { values }) => sum + (values[0] ?? 0), 0)
const namesOf = ({ entries }: Taken) => entries.map(({ labels }) => labels.queryid ?? '').filter((id) => id !== 'other')
const textOf = ({ texts }: Taken) => texts.map(({ text }) => String(text)).join('')

test('on the first page every counter is 0, and each user and database has its other', async (t) => {
  const taken = new Polls().take([row('a', 100, 7), row('b', 3, 1, 'e'), row('c', 2, 1, 'e', ownRole)])
  t.same(
    taken.entries.map(({ labels, values }) => [labels.user, labels.datname, labels.queryid, ...values]),
    [
      ['u', 'd', 'other', 0, 0],
      ['u', 'e', 'other', 0, 0],
      [ownRole, 'e', 'other', 0, 0],
      ['u', 'd', 'a', 0, 0, 7],
      ['u', 'e', 'b', 0, 0, 1]
    ]
  )
  t.match(textOf(taken), /interval_mean_seconds_count\{server="s",datname="e"\} 0\n/)
  t.match(textOf(taken), /new_total\{server="s",datname="d"\} 0\n/)
  t.equal(taken.rows, 3)
})

test('a new statement of a known user and database counts in other immediately, and in its own series once every scraper has seen it', async (t) => {
  const polls = new Polls()
  polls.take([row('a', 100)])
  t.match(callsOf(polls.take([row('a', 101), row('new', 600)])), { other: 600, a: 1, new: 0 })
  t.match(callsOf(polls.take([row('a', 101), row('new', 605)], { seenUntil: 29_000 })), { other: 600, new: 0 }, 'pending')
  t.match(callsOf(polls.take([row('a', 101), row('new', 607)])), { other: 600, new: 7 })
  t.match(callsOf(polls.take([row('a', 101), row('new', 608)])), { other: 600, new: 8 }, 'and from now on immediately')
})

test('a page that is built while a result is counted does not contain it', async (t) => {
  const counts = new StatementCounts(statements, { server: 's' })
  const rows = (calls: number) => Array.from({ length: 1000 }, (_, index) => row(`q${index}`, calls))
  /** Counts for one second. */
  const take = (calls: number, now: number, seenUntil: number, isLast = false) => {
    const options = { now, seenUntil, epoch: '', isWhole: true, limit: 2000, isShown: () => true, isOwnRole: () => false }
    const steps = counts.steps(isLast ? rows(calls).slice(1) : rows(calls), options, () => now + 1000)
    for (let step = steps.next(); ; step = steps.next()) if (step.done) return callsOf(step.value)
  }
  take(100, 0, -1)
  t.match(take(101, 15_000, 500), { q0: 0, q999: 0 }, 'no scraper has received the 0 yet')
  t.match(take(102, 30_000, 15_000), { q0: 2, q999: 2 })
  take(103, 45_000, 30_500, true)
  t.match(take(104, 60_000, 45_500, true), { q0: 2 }, 'no scraper has received the last value yet')
  t.notOk('q0' in take(105, 75_000, 60_000, true))
})

test('a statement whose entry was evicted is frozen until every scraper has received it, then disappears, and returns at 0', async (t) => {
  const polls = new Polls()
  polls.take([row('a', 100), row('b', 0)])
  t.equal(callsOf(polls.take([row('a', 107), row('b', 0)])).a, 7)
  t.equal(callsOf(polls.take([row('b', 0)])).a, 7)
  t.equal(callsOf(polls.take([row('b', 0)], { seenUntil: 44_999 })).a, 7)
  t.equal(callsOf(polls.take([row('b', 0)])).a, undefined)
  t.match(callsOf(polls.take([row('a', 5), row('b', 0)])), { a: 0, other: 5 })
  t.match(callsOf(polls.take([row('a', 6), row('b', 0)])), { a: 1, other: 5 })
})

test('a series that is chosen again before it has disappeared continues', async (t) => {
  const polls = new Polls()
  polls.take([row('a', 100), row('b', 0)])
  polls.take([row('a', 107), row('b', 0)])
  polls.take([row('b', 0)])
  t.match(callsOf(polls.take([row('a', 2), row('b', 0)], { seenUntil: 44_000 })), { a: 7, other: 2 })
  t.match(callsOf(polls.take([row('a', 5), row('b', 0)])), { a: 10, other: 2 })
})

test('hidden statements count in other, and a decrease of their sum adds nothing', async (t) => {
  const polls = new Polls()
  const other = (...calls: number[]) => {
    const hidden = calls.map((count): Row => ['(u,d,)', '()', `(${count},1,1)`])
    return callsOf(polls.take([...hidden, row('a', 1)])).other
  }
  t.same([other(1000, 50), other(1010, 50), other(60), other(65)], [0, 10, 10, 15])
})

test('a renamed database keeps its counts, also those of hidden statements', async (t) => {
  const polls = new Polls()
  const total = (datname: string, calls: number) =>
    totalOf(polls.take([[`(u,${datname},)`, '(10,5,,t)', `(${calls},1,1)`], row('a', calls, 0, datname, 'u', '10,5,a,t')]))
  t.same([total('old', 1000), total('old', 1002), total('new', 1002), total('new', 1002)], [0, 4, 4, 2])
  for (let times = 0; times < 4; times++) total('new', 1002)
  // The named series vanished with its old name; the sums of both names remain.
  t.equal(total('new', 1005), 6 + 2)
})

test('a statement at top level and nested is one series: counters add up, the largest gauge is shown', async (t) => {
  const polls = new Polls()
  const nested = (calls: number) => row('a', calls, 3, 'd', 'u', 'nested')
  const outer = (calls: number) => row('a', calls, 2, 'd', 'u', 'outer')
  polls.take([outer(100), nested(7)])
  const both = polls.take([outer(105), nested(8)])
  t.match(both.entries.at(-1), { labels: { queryid: 'a' }, values: [6, 0, 3] })
  t.equal(callsOf(polls.take([nested(9)])).a, 7, 'one is evicted')
  t.equal(callsOf(polls.take([outer(2), nested(9)])).a, 9, 'and returns')
})

test('a reset counts the whole new value', async (t) => {
  const polls = new Polls()
  polls.take([row('a', 100, 10)])
  polls.take([row('a', 110, 11)])
  t.same(polls.take([row('a', 4, 0.5)]).entries.at(-1)?.values, [14, 1.5, 0.5])
})

test('a decrease of a row that aggregates several entries adds nothing', async (t) => {
  const polls = new Polls()
  const aggregate = (calls: number, star = '*'): Row => ['(u,d,a)', `("1 2 3${star}")`, `(${calls},1,1)`]
  const calls = (one: Row) => callsOf(polls.take([one])).a
  t.same([calls(aggregate(100)), calls(aggregate(104)), calls(aggregate(60, '')), calls(aggregate(61, ''))], [0, 4, 4, 5])
  const later = new Polls()
  const same = (one: Row) => callsOf(later.take([one])).a
  t.same([same(aggregate(100, '')), same(aggregate(100)), same(aggregate(60, ''))], [0, 0, 0], 'an entry without calls was added')
})

test('a column that is measured for the first time appears at 0 and counts from then on', async (t) => {
  const polls = new Polls()
  polls.take([row('a', 1, '')])
  t.same(polls.take([row('a', 2, '')]).entries.at(-1)?.values, [1, undefined, undefined])
  t.same(polls.take([row('a', 3, 50)]).entries.at(-1)?.values, [2, 0, 50])
  t.same(polls.take([row('a', 4, 53)]).entries.at(-1)?.values, [3, 3, 53])
})

test('if several rows have the same key, the first one counts', async (t) => {
  const polls = new Polls()
  polls.take([row('a', 1)])
  const { rows, duplicates, ...taken } = polls.take([row('a', 3), row('a', 900)])
  t.same([rows, duplicates, callsOf({ rows, duplicates, ...taken }).a], [1, 1, 2])
})

test('after a change of the epoch, existing values are not counted', async (t) => {
  const polls = new Polls()
  polls.take([row('a', 10)])
  t.equal(totalOf(polls.take([row('a', 500), row('b', 40)], { epoch: 'b' })), 0)
  t.equal(totalOf(polls.take([row('a', 501), row('b', 42)], { epoch: 'b' })), 3)
})

test('if rows were cut from a result, only known entries count in it and in the next one', async (t) => {
  const polls = new Polls()
  polls.take([row('a', 10)])
  t.equal(totalOf(polls.take([row('a', 11), row('old', 900)], { isWhole: false })), 1)
  t.equal(totalOf(polls.take([row('a', 11), row('old', 901), row('cut', 700)])), 2)
  t.equal(totalOf(polls.take([row('a', 11), row('old', 901), row('cut', 700), row('new', 5)])), 7)
  t.equal(totalOf(polls.take([row('old', 901)], { isWhole: false })), 7)
  t.equal(totalOf(polls.take([row('a', 15), row('old', 901), row('cut', 700), row('new', 5)])), 11, 'a cut row is remembered')
})

test('statements of other databases are not counted, and their earlier calls neither after a rename', async (t) => {
  const polls = new Polls({ isShown: (datname) => datname !== 'excluded' })
  const take = (datname: string, calls: number) => polls.take([row('a', 1), row('b', calls, 0, datname, 'u', 'b')])
  take('excluded', 100)
  const excluded = take('excluded', 110)
  t.same([totalOf(excluded), excluded.rows], [0, 1])
  t.notMatch(textOf(excluded), /excluded/)
  t.notMatch(JSON.stringify(excluded.entries), /excluded/)
  t.equal(totalOf(take('ours', 112)), 0, 'its other appears at 0')
  t.equal(totalOf(take('ours', 113)), 3)
})

test("statements of the exporter's roles are never named", async (t) => {
  const polls = new Polls()
  const rows = (calls: number) => [row('a', calls), row('own', calls, 1, 'd', ownRole)]
  polls.take(rows(1))
  const taken = polls.take(rows(5))
  t.same(namesOf(taken), ['a'])
  t.match(taken.entries[1], { labels: { user: ownRole, queryid: 'other' }, values: [4, 0] })
})

test('a statement that became slow is named although others have larger sums', async (t) => {
  const polls = new Polls({ limit: 10 })
  const rows = (calls: number) => [
    ...Array.from({ length: 30 }, (_, index) => row(`big${index}`, 1e6 + index, 1e5)),
    row('slow', 10 + calls, calls * 20)
  ]
  for (let times = 0; times < 10; times++) polls.take(rows(0))
  t.notOk(namesOf(polls.take(rows(0))).includes('slow'))
  t.ok(namesOf(polls.take(rows(3))).includes('slow'))
})

test('the series of a database have a limit, which others of many users reduce, and named series of other databases stay', async (t) => {
  const polls = new Polls({ limit: 100, limitIn: (datname) => (datname === 'hostile' ? 12 : 50) })
  const rows = [
    ...Array.from({ length: 5 }, (_, index) => row(`h${index}`, 1, 1, 'hostile', `user${index}`)),
    ...Array.from({ length: 20 }, (_, index) => row(`h${index}`, 1, 1, 'hostile')),
    ...Array.from({ length: 20 }, (_, index) => row(`v${index}`, 1, 1, 'victim'))
  ]
  polls.take(rows)
  const { entries } = polls.take(rows)
  const of = (datname: string) => entries.filter(({ labels }) => labels.datname === datname).length
  t.equal(of('hostile'), 12)
  t.equal(of('victim'), 21)
})

test('the limit of a database includes series that leave, and a lower limit loses no increment', async (t) => {
  const limits = { limited: 40 }
  const polls = new Polls({ limit: 100, limitIn: (datname) => (datname === 'limited' ? limits.limited : 1000) })
  const calls = Array.from({ length: 60 }, () => 0)
  const seen = new Map<string, number>()
  let increase = 0
  for (let poll = 0; poll < 60; poll++) {
    limits.limited = poll < 20 ? 40 : 20
    for (const index of calls.keys()) calls[index] = (calls[index] ?? 0) + (index % 5 === Math.floor(poll / 6) % 5 ? 1000 : 1)
    const rows = calls.map((count, index) => row(`q${index}`, count, 0, 'limited'))
    const { entries } = polls.take([...rows, row('free', 1, 0, 'free')], { seenUntil: Math.max(0, poll - 2) * 15_000 })
    const own = entries.filter(({ labels }) => labels.datname === 'limited')
    // Series beyond a lower limit disappear when every scraper has received them.
    if (poll < 20 || poll > 24) t.ok(own.length <= limits.limited, `${own.length} series of ${limits.limited} in poll ${poll}`)
    const shown = own.slice(0, limits.limited)
    for (const { labels, values } of shown) {
      const [queryid, value] = [labels.queryid ?? '', values[0] ?? 0]
      increase += value - (seen.get(queryid) ?? value)
    }
    seen.clear()
    for (const { labels, values } of shown) seen.set(labels.queryid ?? '', values[0] ?? 0)
  }
  const truth = calls.reduce((sum, count) => sum + count, 0)
  t.ok(increase >= 0.9 * truth && increase <= truth, `${increase} of ${truth} calls`)
})

test('one database with many new statements does not make those of another appear new', async (t) => {
  const polls = new Polls()
  const calm = [row('a', 1, 0, 'calm')]
  polls.take([...calm, row('x', 1, 0, 'busy')])
  for (let poll = 0; poll < 6; poll++)
    polls.take([...calm, ...Array.from({ length: 10_000 }, (_, index) => row(`${poll} ${index}`, 1, 0, 'busy'))])
  polls.take([row('x', 1, 0, 'busy')])
  t.match(textOf(polls.take([row('x', 1, 0, 'busy'), ...calm])), /new_total\{server="s",datname="calm"\} 0\n/)
})

test('every database is guaranteed its share of the places', async (t) => {
  const polls = new Polls({ limit: 30 })
  const rows = (poll: number) => [
    ...Array.from({ length: 100 }, (_, index) => row(`busy${index}`, poll * 1000, poll, 'platform')),
    ...Array.from({ length: 15 }, (_, index) => row(`calm${index}`, poll * (index + 1), 0, 'labeler'))
  ]
  polls.take(rows(0))
  for (let poll = 1; poll < 20; poll++) polls.take(rows(poll))
  const calm = namesOf(polls.take(rows(20))).filter((name) => name.startsWith('calm'))
  // A tenth of the places is free for newcomers.
  t.ok(calm.length >= 13, `${calm.length} of labeler`)
  t.ok(calm.includes('calm14'))
})

test('named series never exceed the limit, even when others become heavy at the same time', async (t) => {
  for (const limit of [1, 2, 9, 10, 30]) {
    const polls = new Polls({ limit })
    const calls = Array.from({ length: 100 }, () => 0)
    let most = 0
    for (let poll = 0; poll < 48; poll++) {
      const phase = Math.floor(poll / 12)
      const isHeavy = (index: number) => Math.floor(index / 25) === phase
      for (const index of calls.keys()) calls[index] = (calls[index] ?? 0) + (isHeavy(index) ? 10 ** (phase + 1) : 1)
      const rows = calls.map((count, index) => row(`q${index}`, count))
      // The slowest scraper comes every minute.
      const names = namesOf(polls.take(rows, { seenUntil: Math.floor((poll * 15) / 60) * 60_000 }))
      most = Math.max(most, names.length)
      const heavy = names.filter((name) => isHeavy(Number(name.slice(1))))
      if (poll % 12 === 11)
        t.ok(heavy.length >= Math.min(names.length, 25) - 1, `${heavy.length} of ${names.length} are heavy, limit ${limit}, phase ${phase}`)
    }
    t.equal(most, limit, 'the limit is reached and not exceeded')
  }
})

test('a member is replaced only by a statement that moved more than twice as much', async (t) => {
  const polls = new Polls({ limit: 10 })
  const rows = (first: number, second: number) => Array.from({ length: 40 }, (_, index) => row(`q${index}`, index < 20 ? first : second, 0))
  polls.take(rows(0, 0))
  const names = namesOf(polls.take(rows(100, 0)))
  let calls = 0
  for (let poll = 0; poll < 20; poll++) {
    calls += 50
    polls.take(rows(100 + calls, calls * 1.5))
  }
  t.same(
    namesOf(polls.take(rows(100 + calls, calls * 1.5))).filter((name) => !names.includes(name)),
    []
  )
})

test('executions are counted by the mean time of their statement, and new statements once', async (t) => {
  const polls = new Polls()
  polls.take([row('a', 10, 1), row('old', 1)])
  const first = textOf(polls.take([row('a', 14, 3), row('old', 1), row('new', 2, 0.0002)]))
  t.match(first, /_bucket\{server="s",datname="d",le="0\.0001"\} 2\n/)
  t.match(first, /_bucket\{server="s",datname="d",le="0\.25"\} 2\n/)
  t.match(first, /_bucket\{server="s",datname="d",le="0\.5"\} 6\n/)
  t.match(first, /_bucket\{server="s",datname="d",le="\+Inf"\} 6\n/)
  t.match(first, /_sum\{server="s",datname="d"\} 2\.0002\n/)
  t.match(first, /_count\{server="s",datname="d"\} 6\n/)
  t.match(first, /new_total\{server="s",datname="d"\} 1\n/)
  polls.take([row('a', 14, 3)])
  t.match(textOf(polls.take([row('a', 14, 3), row('old', 1), row('new', 2)])), /new_total\{server="s",datname="d"\} 1\n/, 'they return')
})

test('the other of a dropped database is forgotten after two hours, and not while the server was unreachable', async (t) => {
  const polls = new Polls()
  polls.take([row('a', 1), row('b', 1, 1, 'dropped')])
  const hours = 3_600_000
  t.match(JSON.stringify(polls.take([row('a', 5)], { now: 3 * hours, seenUntil: 3 * hours }).entries), /dropped/)
  for (const time of [3.1, 3.2]) polls.take([row('a', 5)], { now: time * hours, seenUntil: time * hours })
  const later = polls.take([row('a', 6)], { now: 6 * hours, seenUntil: 6 * hours })
  t.notMatch(JSON.stringify(later.entries), /dropped/)
  t.notMatch(textOf(later), /dropped/)
  t.equal(callsOf(later).a, 5)
})

test('labels and values may need quotes', async (t) => {
  const polls = new Polls()
  const quoted = (calls: number): Row => ['("a ""b"", c","d\\\\e",7)', '(1,2,7,t)', `(${calls},1,1)`]
  polls.take([quoted(1)])
  t.match(polls.take([quoted(3)]).entries.at(-1), { labels: { user: 'a "b", c', datname: 'd\\e', queryid: '7' }, values: [2, 0, 1] })
  t.same(polls.counts.shown, [{ server: 's', user: 'a "b", c', datname: 'd\\e', queryid: '7' }])
})

test('a database that was counted elsewhere starts again at 0, without the increments in between', async (t) => {
  const polls = new Polls()
  const result = (calls: number) => [row('a', calls), row('b', calls, 0, 'e'), row('', calls, 0, 'e', 'u', 'u,e,')]
  polls.take(result(100))
  t.equal(totalOf(polls.take(result(110))), 30)
  const without = { isShown: (datname: string) => datname !== 'e' }
  t.match(callsOf(polls.take(result(120), without)), { a: 20 })
  t.notMatch(textOf(polls.take(result(130), without)), 'datname="e"')
  const back = polls.take([...result(150), row('new', 7, 0, 'e')])
  t.equal(totalOf(back), 50, 'only what the other database has run')
  t.match(textOf(back), /interval_mean_seconds_count\{server="s",datname="e"\} 0\n/)
  t.equal(totalOf(polls.take([...result(160), row('new', 8, 0, 'e')])), 60 + 21)
})

test('counting in steps pauses after some hundred rows and has the same result', async (t) => {
  const rows = Array.from({ length: 1000 }, (_, index) => row(`q${index}`, index))
  const options = { now: 0, seenUntil: 0, epoch: '', isWhole: true, limit: 100, isShown: () => true, isOwnRole: () => false }
  const steps = new StatementCounts(statements, { server: 's' }).steps(rows, options, () => 0)
  let pauses = 0
  let step = steps.next()
  for (; !step.done; step = steps.next()) pauses++
  t.ok(pauses >= 4)
  t.same(step.value, new StatementCounts(statements, { server: 's' }).take(rows, options))
})
