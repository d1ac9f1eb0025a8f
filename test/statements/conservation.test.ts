import { type Test, test } from 'tap'
import { createRandom, ownRole, Simulation, type SimulationOptions } from './simulation.ts'

const databases = ['platform', 'users', 'labeler']
const sums = [...databases, ...databases.map((name) => `histogram ${name}`)]

type Disturb = (random: () => number, second: number) => unknown

/** 120 statements at top level or nested, some hidden, of which others are heavy every minute; `disturb` acts in any second. */
function run(simulation: Simulation, seed: number, disturb: Disturb = () => {}): void {
  const random = createRandom(seed)
  for (const database of databases) {
    simulation.execute(ownRole, database, 'own', 1)
    for (const user of ['app', 'admin']) for (let id = 0; id < 20; id++) simulation.execute(user, database, `q${id}`, 1)
  }
  for (let quiet = 0; quiet < 120; quiet++) simulation.tick()
  simulation.begin()
  for (let second = 0; second < 900; second++) {
    const heavy = Math.floor(second / 60) * 7
    for (let times = 0; times < 12; times++) {
      const id = random() < 0.7 ? (heavy + Math.floor(random() * 4)) % 60 : Math.floor(random() * 60)
      const place = Math.floor(random() * 6)
      const isTopLevel = random() < 0.8
      simulation.execute(place % 2 === 0 ? 'app' : 'admin', databases[place % 3] ?? '', `q${id}`, 1 + Math.floor(random() * 5), isTopLevel)
    }
    simulation.execute(ownRole, databases[second % 3] ?? '', `own${second % 9}`, 2)
    if (random() < 0.3) simulation.execute('app', 'labeler', undefined, 2)
    disturb(random, second)
    simulation.tick()
  }
  for (let quiet = 0; quiet < 180; quiet++) simulation.tick()
}

/** Compares what each scraper saw, with what no poll can see, to the truth. */
function compare(t: Test, what: string, simulation: Simulation, isGood: (seen: number, truth: number) => boolean): void {
  for (const { name, increase } of simulation.scrapers) {
    const figures = sums.map((sum) => {
      const [seen, unseen, truth] = [increase.get(sum) ?? 0, simulation.unseen.get(sum) ?? 0, simulation.truth.get(sum) ?? 0]
      t.ok(truth > 0 && isGood(seen + unseen, truth), `${what}, ${name}, ${sum}: ${seen} seen and ${unseen} unseen of ${truth}`)
      return `${sum} ${seen}${unseen > 0 ? `+${unseen}` : ''}/${truth}`
    })
    t.comment(`${what}, ${name}: ${figures.slice(0, 3).join(', ')}`)
  }
  t.same(simulation.violations, [], `${what}: no page breaks a rule`)
}

const isTruth = (seen: number, truth: number) => seen === truth
const isNearly = (share: number) => (seen: number, truth: number) => seen <= truth && seen >= share * truth

/** Far more statements than places, a few more, and a place for each; and version 1.8 of the extension. */
const ways: readonly SimulationOptions[] = [{ limit: 20 }, { limit: 5 }, { limit: 300 }, { limit: 1000 }, { limit: 20, isAggregated: true }]

test('scrapers of every period see exactly what PostgreSQL counted, whichever statements are named', async (t) => {
  for (const [seed, way] of ways.entries()) {
    const simulation = new Simulation(way)
    run(simulation, seed)
    compare(t, JSON.stringify(way), simulation, isTruth)
    const late = Math.max(...simulation.latenesses)
    t.equal(late, 0, 'calls are on the page at the first poll after the next scrape of the slowest scraper')
  }
})

/** What happens to a server's statements. */
const disturbances: Readonly<Record<string, (simulation: Simulation, random: () => number) => void>> = {
  'an eviction': (simulation, random) => simulation.remove(() => random() < 0.3),
  'an eviction of all': (simulation) => simulation.remove(() => true),
  'a reset of one database': (simulation) => simulation.remove(({ database }) => database === 'users'),
  'a reset of one statement': (simulation) => simulation.remove(({ database, queryid }) => database === 'users' && queryid === 'q3'),
  'a clean restart': (simulation) => simulation.restartServer(false),
  'a crash': (simulation) => simulation.restartServer(true)
}

const [few = {}, , many = {}, , aggregated = {}] = ways

for (const [what, disturb] of Object.entries(disturbances)) {
  test(`after ${what} scrapers see all that a poll can see`, async (t) => {
    for (const [seed, way] of [few, many].entries()) {
      const simulation = new Simulation(way)
      run(simulation, seed, (random, second) => second % 450 === 200 + seed && disturb(simulation, random))
      compare(t, JSON.stringify(way), simulation, isTruth)
    }
  })
}

test('after any disturbance at any time the result is never more than PostgreSQL counted, and nearly all of it', async (t) => {
  for (const [seed, way] of ways.entries()) {
    const simulation = new Simulation(way)
    const kinds = Object.values(disturbances)
    run(simulation, seed, (random) => random() < 0.008 && kinds[Math.floor(random() * kinds.length)]?.(simulation, random))
    compare(t, JSON.stringify(way), simulation, isNearly(way.isAggregated ? 0.95 : 0.995))
  }
})

test('a renamed database keeps its counts', async (t) => {
  for (const way of [few, many, aggregated]) {
    const simulation = new Simulation(way)
    run(simulation, 6, (_, second) => second === 500 && simulation.rename('users', 'accounts'))
    compare(t, JSON.stringify(way), simulation, isTruth)
  }
})

test('nothing is counted twice if rows were cut from results', async (t) => {
  for (const way of [few, many]) {
    const simulation = new Simulation(way)
    // Always the same rows, or each time others.
    run(simulation, 7, (random, second) => {
      if (second >= 200 && second < 350) simulation.cut((index) => index % 3 > 0)
      if (second >= 500 && second < 650) simulation.cut(() => random() < 0.7)
    })
    compare(t, JSON.stringify(way), simulation, isNearly(0.9))
  }
})

test('with restarts of pgvitals it is never more than the truth', async (t) => {
  for (const seed of [1, 2, 3]) {
    const simulation = new Simulation()
    const kinds = Object.values(disturbances)
    run(simulation, seed, (random) => {
      if (random() < 0.008) kinds[Math.floor(random() * kinds.length)]?.(simulation, random)
      if (random() < 0.002) simulation.restartExporter()
    })
    compare(t, `seed ${seed}`, simulation, isNearly(0.8))
  }
})

test('a restart of pgvitals loses only what ran around it', async (t) => {
  for (const way of [few, many]) {
    const simulation = new Simulation(way)
    run(simulation, 5, (_, second) => second === 500 && simulation.restartExporter())
    compare(t, JSON.stringify(way), simulation, isNearly(0.9))
  }
})
