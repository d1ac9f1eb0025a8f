import { test } from 'tap'
import { createRandom, Simulation } from './simulation.ts'

const datnames = ['platform', 'users', 'labeler']

type Disturb = (random: () => number, second: number) => unknown

/** Runs a load of 120 statements, at top level or not, of which other ones are heavy every minute; `disturb` may do what it likes each second. */
function run(simulation: Simulation, seed: number, seconds: number, disturb: Disturb = () => {}): void {
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
      const isTopLevel = random() < 0.8
      simulation.execute(place % 2 === 0 ? 'app' : 'admin', datnames[place % 3] ?? '', `q${id}`, 1 + Math.floor(random() * 5), isTopLevel)
    }
    disturb(random, second)
    simulation.tick()
  }
  for (let quiet = 0; quiet < 900; quiet++) simulation.tick()
}

/** Some rows are cut with the first limit, none with the second; every row is read at every poll, or those that moved. */
const ways = [
  { limit: 20, isWatched: false },
  { limit: 1000, isWatched: false },
  { limit: 20, isWatched: true },
  { limit: 1000, isWatched: true }
]
const isCut = (limit: number) => limit === 20

test('with changing membership and statements seen for the first time, scrapers of 15, 30 and 60 s see the whole truth', async (t) => {
  for (const { limit, isWatched } of ways) {
    for (let seed = 1; seed <= 2; seed++) {
      const simulation = new Simulation(limit, isWatched)
      // Some are hidden from our role.
      run(simulation, seed, 1400, (random) => random() < 0.3 && simulation.execute('app', 'labeler', undefined, 2))
      for (const { periodSeconds, increase } of simulation.scrapers) {
        for (const datname of datnames)
          t.equal(
            increase.get(datname),
            simulation.truth.get(datname),
            `limit ${limit}, watched ${isWatched}, seed ${seed}, every ${periodSeconds} s, ${datname}`
          )
      }
      t.same(simulation.falls, [], 'no counter ever falls')
    }
  }
})

test('rows that begin to be cut in mid-run lose nothing', async (t) => {
  const simulation = new Simulation(130)
  run(simulation, 3, 1400)
  t.ok(
    simulation.shown.some(({ labels }) => labels.queryid === 'other'),
    'they were cut'
  )
  for (const { increase } of simulation.scrapers)
    for (const datname of datnames) t.equal(increase.get(datname), simulation.truth.get(datname), datname)
  t.same(simulation.falls, [])
})

/** What may happen to a server's statements. */
const disturbances: Readonly<Record<string, (simulation: Simulation, random: () => number) => void>> = {
  'an eviction': (simulation, random) => simulation.remove(() => random() < 0.3),
  'an eviction of all': (simulation) => simulation.remove(() => true),
  'a reset of one database': (simulation) => simulation.remove(({ datname }) => datname === 'users'),
  'a reset of one statement': (simulation) => simulation.remove(({ datname, queryid }) => datname === 'users' && queryid === 'q3'),
  'a clean restart': (simulation) => simulation.restartServer(false),
  'a crash': (simulation) => simulation.restartServer(true)
}

for (const [what, disturb] of Object.entries(disturbances)) {
  test(`after ${what} of the server's statements it is the truth but for what no poll can have seen`, async (t) => {
    for (const [seed, { limit, isWatched }] of ways.entries()) {
      const simulation = new Simulation(limit, isWatched)
      run(simulation, seed, 1400, (random, second) => second % 700 === 400 + seed && disturb(simulation, random))
      for (const { periodSeconds, increase } of simulation.scrapers) {
        for (const datname of datnames) {
          const seen = (increase.get(datname) ?? 0) + (simulation.unseen.get(datname) ?? 0)
          const truth = simulation.truth.get(datname) ?? 0
          const isTrue = isCut(limit) ? seen === truth : seen <= truth && seen > 0.995 * truth
          t.ok(isTrue, `limit ${limit}, watched ${isWatched}, seed ${seed}, every ${periodSeconds} s, ${datname}: ${seen} of ${truth}`)
        }
      }
      if (isCut(limit)) t.same(simulation.falls, [], 'where rows are cut nothing falls, even then')
    }
  })
}

/** Anything at any time, by the dice. */
const anything: (simulation: Simulation) => Disturb = (simulation) => (random) => {
  const kinds = Object.values(disturbances)
  if (random() < 0.008) kinds[Math.floor(random() * kinds.length)]?.(simulation, random)
}

test('through any of these at any time it is never more than the truth and hardly less', async (t) => {
  for (const { limit, isWatched } of ways) {
    for (let seed = 1; seed <= 3; seed++) {
      const simulation = new Simulation(limit, isWatched)
      run(simulation, seed, 1400, anything(simulation))
      for (const { periodSeconds, increase } of simulation.scrapers) {
        for (const datname of datnames) {
          const seen = (increase.get(datname) ?? 0) + (simulation.unseen.get(datname) ?? 0)
          const truth = simulation.truth.get(datname) ?? 0
          t.ok(
            seen <= truth && seen > (isCut(limit) ? 0.995 : 0.9) * truth,
            `limit ${limit}, watched ${isWatched}, seed ${seed}, every ${periodSeconds} s, ${datname}: ${seen} of ${truth}`
          )
        }
      }
    }
  }
})

test('with restarts of pgvitals as well it is never more than the truth', async (t) => {
  for (let seed = 1; seed <= 6; seed++) {
    const simulation = new Simulation()
    const disturb = anything(simulation)
    run(simulation, seed, 1400, (random, second) => {
      disturb(random, second)
      if (random() < 0.002) simulation.restartExporter()
    })
    for (const { periodSeconds, increase } of simulation.scrapers) {
      for (const datname of datnames) {
        const [seen, truth] = [increase.get(datname) ?? 0, simulation.truth.get(datname) ?? 0]
        t.ok(seen <= truth, `seed ${seed}, every ${periodSeconds} s, ${datname}: ${seen} of ${truth}`)
        t.ok(seen > 0.6 * truth, `and not much less: ${seen} of ${truth}`)
      }
    }
  }
})

test('a restart of pgvitals loses nothing while all rows fit, and else only what ran around it', async (t) => {
  for (const { limit, isWatched } of ways) {
    const simulation = new Simulation(limit, isWatched)
    run(simulation, 5, 1400, (_, second) => second === 900 && simulation.restartExporter())
    for (const { increase } of simulation.scrapers) {
      for (const datname of datnames) {
        const lost = (simulation.truth.get(datname) ?? 0) - (increase.get(datname) ?? 0)
        t.ok(lost >= 0 && lost <= (limit === 1000 ? 0 : 0.06) * (simulation.truth.get(datname) ?? 0), `${lost} lost with limit ${limit}`)
      }
    }
  }
})
