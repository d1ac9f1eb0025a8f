import { execFileSync } from 'node:child_process'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { parseDatabaseUrl } from '../src/config/database-url.ts'
import { renderEntries } from '../src/metric/render-entries.ts'
import { loadQueries } from '../src/query/load.ts'
import { columnNames, isValueColumn, type Query } from '../src/query/query.ts'
import { openSession, type Session } from '../src/server/session.ts'
import { StatementCounts } from '../src/statements/statement-counts.ts'
import { startServer, type TestServer } from '../test/servers/start-server.ts'
import { progress } from './progress.ts'

/** Measures the cost of polls of pg_stat_statements with many entries, for the exporter and the server. */
const cases = [
  { entries: 5000, textBytes: 0 },
  { entries: 10_000, textBytes: 10_000 }
] as const

/** How the statement of a poll begins, and that of a bare scan of pg_stat_statements. */
const pollStatement = 'select row('
const scanStatement = 'select pg_catalog.count(*) from public.pg_stat_statements('

const polls = 40
/** Polls that are not measured, because they compile the code. */
const warmUp = 10

async function bench(): Promise<void> {
  process.stdout.write(
    '| entries | texts | exporter CPU a poll, median (worst) | longest stall | server, execution time a poll | bare scan of pg_stat_statements(false) | temporary files | memory an entry |\n'
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

/** Executes statements that differ only in their operators, with a comment of the given length. */
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

/** A tenth of 5,000 statements runs between two polls. */
async function measure(server: TestServer): Promise<string> {
  const session = await openSession(parseDatabaseUrl(`${server.url('postgres')}?sslmode=disable`))
  const query = loadQueries().find(({ file }) => file.endsWith('stat_statements.1.11.sql'))
  if (query === undefined) throw new Error('the query stat_statements.1.11.sql does not exist')
  const files = async () =>
    Number(
      (await server.sql('postgres', "select pg_stat_force_next_flush(), temp_files from pg_stat_database where datname = 'postgres'"))[0]
        ?.temp_files
    )
  const before = await files()
  let counts: StatementCounts | undefined = new StatementCounts(query, labels)
  const stalls = monitorEventLoopDelay({ resolution: 1 })
  const cpu: number[] = []
  let worst = 0
  for (let done = 0; done < polls; done++) {
    await fill(server, 500, 0)
    await new Promise((resolve) => setTimeout(resolve, 200))
    const used = process.cpuUsage()
    stalls.reset()
    stalls.enable()
    await poll(query, session, counts)
    await new Promise((resolve) => setTimeout(resolve, 5))
    stalls.disable()
    const { user, system } = process.cpuUsage(used)
    cpu.push((user + system) / 1000)
    if (done >= warmUp) worst = Math.max(worst, stalls.max / 1e6)
  }
  const heapBefore = await heapBytes()
  counts = undefined
  const heap = heapBefore - (await heapBytes())
  const known = await countEntries(session)
  for (let times = 1; times < 20; times++) await countEntries(session)
  const settled = cpu.slice(warmUp).sort((left, right) => left - right)
  const temporary = (await files()) - before
  const row = [
    `${settled[Math.floor(settled.length / 2)]?.toFixed(1)} (${Math.max(...cpu).toFixed(1)}) ms`,
    `${worst.toFixed(1)} ms`,
    `${(await executionTime(server, pollStatement)).toFixed(1)} ms`,
    `${(await executionTime(server, scanStatement)).toFixed(1)} ms`,
    String(temporary),
    `${(heap / known).toFixed(0)} bytes`
  ]
  await session.close()
  return row.join(' | ')
}

const labels = { server: 's' }

/** One poll, from the execution of the query to the rendered page. */
async function poll(query: Query, session: Session, counts: StatementCounts): Promise<void> {
  const { rows, cutRows } = await session.run(packedSql(query), query)
  const now = performance.now()
  const { entries } = counts.take(rows, {
    now,
    seenUntil: now,
    epoch: '',
    isWhole: cutRows === 0,
    limit: query.top?.limit ?? 0,
    isShown: () => true,
    isOwnRole: () => false
  })
  renderEntries(query, entries)
}

/** Each row as three texts: labels, key and values. */
function packedSql(query: Query): string {
  const record = (names: readonly string[]) => `row(${names.map((name) => `"${name}"`).join(', ')})::text`
  const values = query.columns.filter(isValueColumn).map(({ name }) => name)
  const columns = [columnNames(query, 'label'), columnNames(query, 'key'), values].map(record)
  return `select ${columns.join(', ')} from (\n${query.sql}\n) as t`
}

async function countEntries(session: Session): Promise<number> {
  return Number((await session.run(`${scanStatement}false)`, { timeoutSeconds: 5, maxRows: 1 })).rows[0]?.[0])
}

/** The mean execution time of the most frequent statement with this beginning, in milliseconds. */
async function executionTime(server: TestServer, beginning: string): Promise<number> {
  const [row] = await server.sql(
    'postgres',
    `select mean_exec_time from pg_stat_statements where starts_with(query, '${beginning}') order by calls desc limit 1`
  )
  return Number(row?.mean_exec_time)
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
