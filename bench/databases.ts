import { makeExporter } from '../test/exporter/run-exporter.ts'
import { startServer } from '../test/servers/start-server.ts'
import { readCpuSeconds, readServerCpuSeconds } from './process-usage.ts'
import { progress } from './progress.ts'

const count = Number(process.env.BENCH_DATABASES || 200)
const seconds = Number(process.env.BENCH_SECONDS || 600)
/** The interval is computed from the poll cycles after the first, so it is accurate only after two or three cycles. */
const warmSeconds = Number(process.env.BENCH_WARM_SECONDS || 1500)
const tables = 10

/** Calls `work` every `every` seconds for `total` seconds. */
async function spend(total: number, every: number, work: () => Promise<void>): Promise<void> {
  for (const from = performance.now(); performance.now() - from < total * 1000; ) {
    await work()
    await new Promise((resolve) => setTimeout(resolve, every * 1000))
  }
}

const server = await startServer({ flags: ['autovacuum=off', 'max_connections=50'] })
try {
  progress(`${count} databases with ${tables} tables each`)
  await server.sql('postgres', "create role pgvitals login password 'secret' in role pg_monitor", 'create database shape')
  await server.sql('shape', ...Array.from({ length: tables }, (_, table) => `create table item_${table} (id int primary key, note text)`))
  const names = Array.from({ length: count }, (_, index) => `team_${String(index).padStart(3, '0')}`)
  for (const name of names) await server.sql('postgres', `create database ${name} template shape`)
  await server.sql('postgres', 'drop database shape', 'checkpoint')

  const environment = Object.fromEntries(names.map((name) => [`${name.toUpperCase()}_DATABASE_URL`, server.url(name, 'pgvitals')]))
  progress('CPU of the server with one polled database, including server-wide queries')
  const [first = ''] = Object.keys(environment)
  const alone = makeExporter({ [first]: environment[first] })
  alone.exporter.start()
  await spend(15, 15, async () => {})
  const aloneFrom = readServerCpuSeconds(server.dataDirectory)
  await spend(60, 60, async () => {})
  const aloneShare = (readServerCpuSeconds(server.dataDirectory) - aloneFrom) / 60
  await alone.exporter.stop()

  const { exporter } = makeExporter(environment)
  const [poller] = exporter.servers()
  if (poller === undefined) throw new Error('there is no server')
  const begun = performance.now()
  exporter.start()
  while (!exporter.isReady()) await new Promise((resolve) => setTimeout(resolve, 100))
  const readySeconds = (performance.now() - begun) / 1000
  const intervalsOf = () => [...poller.intervals.values()]
  progress(`first poll of all queries after ${readySeconds.toFixed(1)} s; longest interval ${Math.max(...intervalsOf())} s`)
  await spend(warmSeconds, 30, async () => progress(`longest interval ${Math.max(...intervalsOf())} s`))

  progress(`measuring for ${seconds} s`)
  const [cpuFrom, ownFrom, from] = [readServerCpuSeconds(server.dataDirectory), readCpuSeconds(process.pid), performance.now()]
  const stated = new Map<string, number>()
  let [worst, mostSessions, stall, lastTick] = [0, 0, 0, performance.now()]
  const ticker = setInterval(() => {
    stall = Math.max(stall, performance.now() - lastTick - 10)
    lastTick = performance.now()
  }, 10)
  await spend(seconds, 5, async () => {
    mostSessions = Math.max(mostSessions, poller.openSessions)
    const answered = exporter.snapshots().filter(({ query }) => query === 'stat_user_tables')
    const ages = new Map(answered.map(({ datname, succeededAt = 0 }) => [datname, (performance.now() - succeededAt) / 1000]))
    for (const [name, intervalSeconds] of poller.intervals) {
      const interval = Math.max(stated.get(name) ?? 0, intervalSeconds)
      stated.set(name, interval)
      worst = Math.max(worst, (ages.get(name) ?? Number.POSITIVE_INFINITY) / interval)
    }
  })
  clearInterval(ticker)
  const elapsed = (performance.now() - from) / 1000
  const serverShare = (readServerCpuSeconds(server.dataDirectory) - cpuFrom) / elapsed
  const ownShare = (readCpuSeconds(process.pid) - ownFrom) / elapsed
  const intervals = intervalsOf().sort((left, right) => left - right)
  const up = poller.states.filter(({ isUp }) => isUp).length
  const samples = exporter.snapshots().reduce((sum, { texts }) => sum + texts.reduce((all, text) => all + text.samples, 0), 0)
  await exporter.stop()
  const percent = (share: number) => `${(share * 100).toFixed(2)} %`
  process.stdout.write(
    [
      `| ${count} databases of ${tables} tables | |`,
      '|---|---:|',
      `| databases up | ${up} |`,
      `| first poll of all queries | ${readySeconds.toFixed(1)} s |`,
      `| poll interval: shortest, median, longest | ${intervals[0]} s, ${intervals[Math.floor(intervals.length / 2)]} s, ${intervals.at(-1)} s |`,
      `| age of the oldest snapshot / its interval | ${worst.toFixed(2)} |`,
      `| maximum number of sessions | ${mostSessions} |`,
      `| server CPU with one database, of one core | ${percent(aloneShare)} |`,
      `| server CPU with all databases | ${percent(serverShare)} |`,
      `| server CPU of the poll cycles | ${percent(serverShare - aloneShare)} |`,
      `| exporter CPU, of one core | ${percent(ownShare)} |`,
      `| samples | ${samples} |`,
      `| longest event loop stall | ${stall.toFixed(0)} ms |`,
      ''
    ].join('\n')
  )
} finally {
  await server.remove()
}
