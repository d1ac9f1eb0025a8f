import { everySecond, makeExporter } from '../test/exporter/run-exporter.ts'
import { startServer } from '../test/servers/start-server.ts'
import { readServerCpuSeconds } from './process-usage.ts'
import { progress } from './progress.ts'

const seconds = Number(process.env.BENCH_SECONDS || 60)
const counts = (process.env.BENCH_COUNTS || '3,10,50').split(',').map(Number)
const tables = 20

/** CPU of the server per poll cycle of a database, with kept sessions and without. All queries run in every cycle. */
const server = await startServer({ flags: ['autovacuum=off', 'max_connections=120'] })
const rows: string[] = []
try {
  await server.sql('postgres', "create role pgvitals login password 'secret' in role pg_monitor", 'create database shape')
  await server.sql('shape', ...Array.from({ length: tables }, (_, table) => `create table item_${table} (id int primary key, note text)`))
  const names = Array.from({ length: Math.max(...counts) }, (_, index) => `team_${String(index).padStart(3, '0')}`)
  for (const name of names) await server.sql('postgres', `create database ${name} template shape`)
  for (const count of counts) {
    for (const keep of ['on', 'off']) {
      const urls = names.slice(0, count).map((name) => [`${name.toUpperCase()}_DATABASE_URL`, server.url(name, 'pgvitals')])
      const environment = { ...Object.fromEntries(urls), PGVITALS_QUERIES: everySecond, PGVITALS_KEEP_SESSIONS: keep }
      // Enough sessions for all, so that only keeping them makes the difference.
      const { exporter } = makeExporter(environment, { servers: (all) => all.map((one) => ({ ...one, maxSessions: 60 })) })
      exporter.start()
      while (!exporter.isReady()) await new Promise((resolve) => setTimeout(resolve, 100))
      const polls = () => exporter.snapshots().filter(({ query }) => query === 'stat_user_tables')
      let cycles = 0
      let last = new Map(polls().map(({ datname, succeededAt }) => [datname, succeededAt]))
      const from = readServerCpuSeconds(server.dataDirectory)
      for (const begun = performance.now(); performance.now() - begun < seconds * 1000; ) {
        await new Promise((resolve) => setTimeout(resolve, 50))
        const now = new Map(polls().map(({ datname, succeededAt }) => [datname, succeededAt]))
        for (const [datname, at] of now) if (last.get(datname) !== at) cycles++
        last = now
      }
      const cpu = readServerCpuSeconds(server.dataDirectory) - from
      await exporter.stop()
      const perCycle = (1000 * cpu) / cycles
      const share = ((perCycle / 1000) * count) / 15
      progress(`${count} databases, keep_sessions ${keep}: ${perCycle.toFixed(1)} ms`)
      rows.push(`| ${count} | ${keep} | ${cycles} | ${perCycle.toFixed(1)} ms | ${(100 * share).toFixed(2)} % |`)
    }
  }
} finally {
  await server.remove()
}
process.stdout.write(
  ['| databases | keep_sessions | cycles | server CPU per cycle | of one core at 15 s |', '|---:|---|---:|---:|---:|', ...rows, ''].join(
    '\n'
  )
)
process.exit(0)
