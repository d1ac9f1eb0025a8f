import { test } from 'tap'
import type { Entry } from '../../src/metric/sample.ts'
import { Top } from '../../src/metric/top.ts'
import { createRandom, Simulation, statements } from './simulation.ts'

const datnames = ['platform', 'users', 'labeler']

/** Runs a load of 120 statements of which other ones are heavy every minute; `disturb` may do what it likes each second. */
function run(
  simulation: Simulation,
  seed: number,
  seconds: number,
  disturb: (random: () => number, second: number) => void = () => {}
): void {
  const random = createRandom(seed)
  for (const datname of datnames)
    for (const user of ['app', 'admin']) for (let id = 0; id < 20; id++) simulation.execute(user, datname, `q${id}`, 1)
  for (let quiet = 0; quiet < 120; quiet++) simulation.tick()
  simulation.truth.clear()
  for (let second = 0; second < seconds; second++) {
    const heavy = Math.floor(second / 60) * 7
    for (let times = 0; times < 12; times++) {
      const id = random() < 0.7 ? (heavy + Math.floor(random() * 4)) % 60 : Math.floor(random() * 60)
      const place = Math.floor(random() * 6)
      simulation.execute(place % 2 === 0 ? 'app' : 'admin', datnames[place % 3] ?? '', `q${id}`, 1 + Math.floor(random() * 5))
    }
    disturb(random, second)
    simulation.tick()
  }
  for (let quiet = 0; quiet < 400; quiet++) simulation.tick()
}

test('with changing membership and statements seen for the first time, scrapers of 15, 30 and 60 s see the whole truth', async (t) => {
  for (let seed = 1; seed <= 8; seed++) {
    const simulation = new Simulation()
    run(simulation, seed, 1800)
    for (const { periodSeconds, increase } of simulation.scrapers) {
      for (const datname of datnames)
        t.equal(increase.get(datname), simulation.truth.get(datname), `seed ${seed}, every ${periodSeconds} s, ${datname}`)
    }
    t.same(simulation.falls, [], 'no counter ever falls')
  }
})

test('through evictions, resets and restarts of either side it is never more than the truth', async (t) => {
  for (let seed = 1; seed <= 12; seed++) {
    const simulation = new Simulation()
    run(simulation, seed, 1800, (random) => {
      const what = random()
      if (what < 0.004) simulation.evict(() => random() < 0.3)
      else if (what < 0.005) simulation.evict(() => true)
      else if (what < 0.007) simulation.restartServer(random() < 0.5)
      else if (what < 0.009) simulation.restartExporter()
    })
    for (const { periodSeconds, increase } of simulation.scrapers) {
      for (const datname of datnames) {
        const [seen, truth] = [increase.get(datname) ?? 0, simulation.truth.get(datname) ?? 0]
        t.ok(seen <= truth, `seed ${seed}, every ${periodSeconds} s, ${datname}: ${seen} of ${truth}`)
        t.ok(seen > 0.6 * truth, `and not much less: ${seen} of ${truth}`)
      }
    }
    t.same(simulation.falls, [])
  }
})

test('a restart of pgvitals loses only what ran around it', async (t) => {
  const simulation = new Simulation()
  run(simulation, 5, 1800, (_, second) => second === 900 && simulation.restartExporter())
  for (const { increase } of simulation.scrapers) {
    for (const datname of datnames) {
      const lost = (simulation.truth.get(datname) ?? 0) - (increase.get(datname) ?? 0)
      t.ok(lost >= 0 && lost < 0.06 * (simulation.truth.get(datname) ?? 0), `${lost} of ${simulation.truth.get(datname)}`)
    }
  }
})

const entry = (queryid: string, calls: number, seconds: number, datname = 'd'): Entry => ({
  labels: { server: 's', user: 'u', datname, queryid },
  suffix: undefined,
  values: [calls, seconds]
})

const newTop = (limit: number) => new Top(statements, { limit, standStillSeconds: () => 120 })

const names = (entries: readonly Entry[]) => entries.map(({ labels }) => labels.queryid).sort()

test("while all rows fit, the series are PostgreSQL's own values and there is no other", async (t) => {
  const top = newTop(5)
  t.same(top.take([entry('a', 100, 5)], true, 0).entries, [entry('a', 100, 5)])
  t.same(top.take([entry('a', 110, 6), entry('b', 7, 1)], true, 15_000).entries, [entry('a', 110, 6), entry('b', 7, 1)])
  t.same(names(top.take([entry('b', 8, 1)], true, 30_000).entries), ['b'], 'what is gone is gone')
})

test('when rows begin to be cut, what was shown goes on without a fall', async (t) => {
  const top = newTop(10)
  const few = Array.from({ length: 10 }, (_, index) => entry(`q${index}`, 1000 + index, 10))
  top.take(few, true, 0)
  const many = [...few.map(({ labels, values }) => ({ labels, suffix: undefined, values: [(values[0] ?? 0) + 5, 10] })), entry('new', 3, 1)]
  const { entries } = top.take(many, true, 15_000)
  t.equal(entries.find(({ labels }) => labels.queryid === 'q3')?.values[0], 1008)
  t.ok(names(entries).includes('other'))
})

test('a statement that turned slow a minute ago is shown although others have larger sums', async (t) => {
  const top = newTop(10)
  const rows = (calls: number) => [
    ...Array.from({ length: 30 }, (_, index) => entry(`big${index}`, 1e6 + index, 1e5)),
    entry('slow', 10 + calls, calls * 20)
  ]
  for (let time = 0; time < 10; time++) top.take(rows(0), true, time * 15_000)
  t.notOk(names(top.take(rows(0), true, 150_000).entries).includes('slow'))
  t.ok(names(top.take(rows(3), true, 165_000).entries).includes('slow'))
})

test('a series lives at least ten minutes, then stands still, then vanishes', async (t) => {
  const top = newTop(10)
  const rows = (moving: number, round: number) =>
    Array.from({ length: 40 }, (_, index) => entry(`q${index}`, Math.floor(index / 10) === moving ? 100 * round : 0, 0))
  let seen = 0
  for (let time = 0; time <= 1500; time += 15) {
    const moving = time < 60 ? 1 : 2
    const { entries } = top.take(rows(moving, time / 15 + 1), true, time * 1000)
    if (names(entries).includes('q10')) seen = time
    t.ok(entries.length <= 3 * 10 + 1, 'never without bound')
  }
  t.ok(seen >= 600 && seen < 1200, `until ${seen} s`)
})

test('every database has its best ten, whatever the others do', async (t) => {
  const top = newTop(20)
  const rows = (round: number) => [
    ...Array.from({ length: 100 }, (_, index) => entry(`busy${index}`, round * 1000, round, 'platform')),
    ...Array.from({ length: 15 }, (_, index) => entry(`calm${index}`, round * (index + 1), 0, 'labeler'))
  ]
  top.take(rows(0), true, 0)
  const { entries } = top.take(rows(1), true, 15_000)
  const calm = entries.filter(({ labels }) => labels.datname === 'labeler' && labels.queryid !== 'other')
  t.ok(calm.length >= 10, `${calm.length} of labeler`)
  t.ok(names(calm).includes('calm14'))
})

test('after a rebase, and for what was cut off from an answer, nothing is counted that was there before', async (t) => {
  const top = newTop(2)
  const other = (entries: readonly Entry[]) => entries.find(({ labels }) => labels.queryid === 'other')?.values[0]
  const rows = (calls: number) => ['a', 'b', 'c', 'd'].map((id) => entry(id, calls, 0))
  top.take(rows(10), true, 0)
  top.rebase()
  t.equal(other(top.take(rows(500), true, 15_000).entries), 0)
  t.equal(other(top.take([...rows(500), entry('late', 900, 0)], false, 30_000).entries), 0)
})
