import { execFileSync } from 'node:child_process'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { parseDatabaseUrl } from '../src/config/database-url.ts'
import { DerivedCounts } from '../src/metric/derived-counts.ts'
import { Top } from '../src/metric/top.ts'
import { chooseQueries } from '../src/poll/choose.ts'
import { poll } from '../src/poll/poll.ts'
import { createTurns } from '../src/poll/turns.ts'
import { loadQueries } from '../src/query/load.ts'
import type { Query } from '../src/query/query.ts'
import { readFacts } from '../src/server/facts.ts'
import { openSession, type Session } from '../src/server/session.ts'
import { startServer, type TestServer } from '../test/servers/start-server.ts'
import { progress } from './progress.ts'

/** Polls of pg_stat_statements with many entries: what they cost the exporter and the server. */
const cases = [
  { entries: 5000, textBytes: 0 },
  { entries: 10_000, textBytes: 10_000 }
] as const

/** The two statements of a poll, by how they begin. */
const statementsOfAPoll = ['select pg_catalog.string_agg(t.', 'select row(t.']
const counting = 'select pg_catalog.count(*) from public.pg_stat_statements(false)'

const polls = 40
/** The first polls compile the code. */
const warmUp = 10

async function bench(): Promise<void> {
  process.stdout.write(
    '| entries | texts | exporter CPU a poll, median (worst) | longest stall | server, executing a poll | one reading of pg_stat_statements(false) | temporary files | memory an entry |\n'
  )
  process.stdout.write('|---:|---:|---:|---:|---:|---:|---:|---:|\n')
  for (const { entries, textBytes } of cases) {
    progress(`filling ${entries} entries`)
    const server = await startServer({ flags: [`pg_stat_statements.max=${entries}`, 'pg_stat_statements.track=all', 'autovacuum=off'] })
    try {
      await server.sql('postgres', 'create extension pg_stat_statements')
      await fill(server, entries, textBytes)
      process.stdout.write(`| ${entries} | ${((entries * textBytes) / 1e6).toFixed(0)} MB | ${await measure(server)} |\n`)
    } finally {
      await server.remove()
    }
  }
}

/** Statements that differ in their operators alone; the comment makes their texts long. */
async function fill(server: TestServer, entries: number, textBytes: number): Promise<void> {
  await server.sql(
    'postgres',
    `do $do$
     begin
       for number in 1..${Math.ceil(entries * 0.97)} loop
         execute 'select ' || (
           select string_agg('1' || case when (number >> bit) & 1 = 1 then '+' else '-' end, '' order by bit) from generate_series(0, 14) as bit
         ) || '1 /*' || repeat('x', ${textBytes}) || '*/';
       end loop;
     end $do$`
  )
}

/** A tenth of the statements runs between two polls. */
async function measure(server: TestServer): Promise<string> {
  const session = await openSession(parseDatabaseUrl(`${server.url('postgres')}?sslmode=disable`))
  const facts = await readFacts(session)
  const query = chooseQueries(loadQueries(), [{ name: 'postgres', isUp: true, facts, declaresAccess: true }]).find(
    ({ query }) => query.name === 'stat_statements'
  )?.query
  if (query === undefined) throw new Error('there is no query stat_statements')
  const files = async () =>
    Number(
      (await server.sql('postgres', "select pg_stat_force_next_flush(), temp_files from pg_stat_database where datname = 'postgres'"))[0]
        ?.temp_files
    )
  const before = await files()
  let remembered: ReturnType<typeof memoryOf> | undefined = memoryOf(query)
  const stalls = monitorEventLoopDelay({ resolution: 1 })
  const cpu: number[] = []
  let worst = 0
  for (let round = 0; round < polls; round++) {
    await fill(server, 500, 0)
    await new Promise((resolve) => setTimeout(resolve, 200))
    const used = process.cpuUsage()
    stalls.reset()
    stalls.enable()
    await poll(query, session, facts, { server: 's' }, remembered)
    await new Promise((resolve) => setTimeout(resolve, 5))
    stalls.disable()
    const { user, system } = process.cpuUsage(used)
    cpu.push((user + system) / 1000)
    if (round >= warmUp) worst = Math.max(worst, stalls.max / 1e6)
  }
  const heapBefore = await heapBytes()
  remembered = undefined
  const heap = heapBefore - (await heapBytes())
  const known = await countEntries(session)
  for (let times = 1; times < 20; times++) await countEntries(session)
  const settled = cpu.slice(warmUp).sort((left, right) => left - right)
  const temporary = (await files()) - before
  const row = [
    `${settled[Math.floor(settled.length / 2)]?.toFixed(1)} (${Math.max(...cpu).toFixed(1)}) ms`,
    `${worst.toFixed(1)} ms`,
    `${(await executing(server, statementsOfAPoll)).toFixed(1)} ms`,
    `${(await executing(server, ['select pg_catalog.count(*) from public.pg_stat_statements('])).toFixed(1)} ms`,
    String(temporary),
    `${(heap / known).toFixed(0)} bytes`
  ]
  await session.close()
  return row.join(' | ')
}

function memoryOf(query: Query) {
  const options = { standStillSeconds: () => 120, labels: { server: 's' } }
  const top = new Top(query, { ...options, limit: query.top?.limit ?? 0 })
  const derived = new DerivedCounts(query, { ...options, labelsOf: top.labels.labelsOf })
  return { top, derived, lookup: undefined, shownLabels: () => [], inTurn: createTurns() }
}

async function countEntries(session: Session): Promise<number> {
  return Number((await session.run(counting, { timeoutSeconds: 5, maxRows: 1 })).rows[0]?.[0])
}

/** What the calls of these statements take together, each at its mean. */
async function executing(server: TestServer, beginnings: readonly string[]): Promise<number> {
  const rows = await server.sql(
    'postgres',
    `select mean_exec_time from pg_stat_statements where ${beginnings.map((beginning) => `starts_with(query, '${beginning}')`).join(' or ')}
     order by calls desc limit ${beginnings.length}`
  )
  return rows.reduce((sum, row) => sum + Number(row.mean_exec_time), 0)
}

async function heapBytes(): Promise<number> {
  for (let times = 0; times < 3; times++) {
    await new Promise((resolve) => setTimeout(resolve, 50))
    globalThis.gc?.()
  }
  return process.memoryUsage().heapUsed
}

if (globalThis.gc === undefined) {
  execFileSync(process.execPath, ['--expose-gc', '--import=tsx', import.meta.filename], { stdio: 'inherit' })
} else {
  await bench()
  process.exit(0)
}
