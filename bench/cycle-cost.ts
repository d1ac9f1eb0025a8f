import { readFileSync } from 'node:fs'
import { parseDatabaseUrl } from '../src/config/database-url.ts'
import { planQueries } from '../src/plan/plan-queries.ts'
import { loadQueries } from '../src/query/load.ts'
import { readActivities } from '../src/server/activity.ts'
import { readIdentity, readSupportedFacts } from '../src/server/facts.ts'
import { readLimits } from '../src/server/limits.ts'
import { noRefusals } from '../src/server/refusals.ts'
import { openSession } from '../src/server/session.ts'
import { type Major, startServer } from '../test/servers/start-server.ts'
import { progress } from './progress.ts'

const repetitions = Number(process.env.BENCH_REPETITIONS || 10)
const majors = (process.env.BENCH_MAJORS || '18,13').split(',').map((major) => Number(major) as Major)
const tables = 10

/** CPU of a process in milliseconds. Source: the kernel's documentation, "Scheduler Statistics". */
function cpuMs(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6
}

/**
 * CPU of a new backend per statement of the first cycle of a database: the median of the repetitions. The order matters,
 * because the first statement that uses a catalog loads it into the caches of the backend.
 */
for (const major of majors) {
  const server = await startServer({ major, flags: ['autovacuum=off'] })
  try {
    await server.sql('postgres', "create role pgvitals login password 'secret' in role pg_monitor", 'create database team')
    await server.sql(
      'team',
      ...Array.from({ length: tables }, (_, table) => `create table item_${table} (id int primary key, note text)`),
      ...Array.from({ length: tables }, (_, table) => `insert into item_${table} select g, 'text' from generate_series(1, 100) as g`),
      'vacuum analyze'
    )
    const connection = parseDatabaseUrl(server.url('team', 'pgvitals'))
    const costs = new Map<string, number[]>()
    for (let repetition = 0; repetition < repetitions; repetition++) {
      const session = await openSession(connection)
      const options = { timeoutSeconds: 30, maxRows: 20_000 }
      const pid = Number((await session.run('select pg_catalog.pg_backend_pid()', options)).rows[0]?.[0])
      let last = 0
      const add = (name: string) => {
        const now = cpuMs(pid)
        costs.set(name, [...(costs.get(name) ?? []), now - last])
        last = now
      }
      add('connect and settings')
      const { value: facts } = await readSupportedFacts(session, noRefusals, 0)
      add('facts')
      await readActivities(session, facts.version, noRefusals, 0)
      add('activities')
      await readIdentity(session, noRefusals, 0)
      add('identity')
      await readLimits(session, noRefusals, 0)
      add('limits')
      const planned = planQueries(loadQueries(), [{ name: 'team', isUp: true, facts, access: new Map() }])
        .filter(({ query, sql }) => query.scope === 'database' && sql !== undefined && query.during === undefined)
        .sort((left, right) => left.query.intervalSeconds - right.query.intervalSeconds)
      for (const { query, sql = '' } of planned) {
        await session.run(sql, { ...query, parameters: sql.includes('$1') ? [null] : [] })
        add(`${query.name} (${query.intervalSeconds} s)`)
      }
      await session.close()
    }
    const median = (values: readonly number[]) => values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0
    const rows = [...costs].map(([name, values]) => [name, median(values)] as const)
    process.stdout.write(`| PostgreSQL ${major}, ${tables} tables | CPU |\n|---|---:|\n`)
    for (const [name, ms] of rows) process.stdout.write(`| ${name} | ${ms.toFixed(2)} ms |\n`)
    // Queries with an interval of a minute or more run in every fourth cycle at most.
    const isSlow = ([name]: readonly [string, number]) => Number(/ \((\d+) s\)$/.exec(name)?.[1] ?? 0) >= 60
    const total = (some: typeof rows) => some.reduce((sum, [, ms]) => sum + ms, 0)
    const [every, fourth] = [total(rows.filter((row) => !isSlow(row))), total(rows.filter(isSlow))]
    process.stdout.write(`| every cycle | ${every.toFixed(2)} ms |\n| also in every fourth | ${fourth.toFixed(2)} ms |\n`)
    process.stdout.write(`| mean | ${(every + fourth / 4).toFixed(2)} ms |\n\n`)
  } finally {
    await server.remove()
  }
  progress(`PostgreSQL ${major} measured`)
}
process.exit(0)
