import { makeExporter } from '../test/exporter/run-exporter.ts'
import { type Major, startServer } from '../test/servers/start-server.ts'
import { createTeamDatabases, teamDatabases, teamEnvironment } from '../test/servers/team-databases.ts'
import { progress } from './progress.ts'
import { readStatements, resetStatements, type StatementCost } from './statement-cost.ts'

const seconds = Number(process.env.BENCH_SECONDS || 60)

/** Size of the page on one major version, and cost of one minute of polls on the server. */
interface Catalogue {
  readonly major: Major
  readonly families: number
  readonly samples: number
  readonly statements: readonly StatementCost[]
}

async function measure(major: Major): Promise<Catalogue> {
  progress(`PostgreSQL ${major}: three databases with 20 tables each, ${seconds} s`)
  const server = await startServer({ major, flags: ['pg_stat_statements.track_planning=on', 'autovacuum=off'] })
  try {
    await createTeamDatabases(server)
    for (const name of teamDatabases) {
      for (let table = 1; table < 20; table++) await server.sql(name, `create table item_${table} (id int primary key, note text)`)
    }
    const { exporter, page } = makeExporter(teamEnvironment(server, 'pgvitals'))
    await exporter.start()
    // The first polls run all queries with cold catalogs; the measurement starts after them.
    await new Promise((resolve) => setTimeout(resolve, 8000))
    await resetStatements(server)
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000))
    const statements = await readStatements(server)
    const text = await page()
    await exporter.stop()
    return { major, families: text.match(/^# TYPE /gm)?.length ?? 0, samples: text.match(/^[a-z]/gm)?.length ?? 0, statements }
  } finally {
    await server.remove()
  }
}

const results: Catalogue[] = []
for (const major of [13, 15, 18] as const) results.push(await measure(major))

const perMinute = (milliseconds: number) => `${((milliseconds * 60) / seconds).toFixed(0)} ms`
const sum = (statements: readonly StatementCost[], of: 'execution' | 'planning' | 'calls') =>
  statements.reduce((total, one) => total + one[of], 0)
const rows = results.map(({ major, families, samples, statements }) => {
  const [calls, execution, planning] = [sum(statements, 'calls'), sum(statements, 'execution'), sum(statements, 'planning')]
  return `| ${major} | ${families} | ${samples} | ${((calls * 60) / seconds).toFixed(0)} | ${perMinute(execution)} | ${perMinute(planning)} |`
})
const mostExpensive = (results.at(-1)?.statements ?? []).slice(0, 5).map(({ statement, calls, execution, planning }) => {
  const source = [...statement.matchAll(/\bfrom (?:pg_catalog|public)\.(\w+)/g)].map(([, name]) => name)
  return `| ${[...new Set(source)].slice(0, 3).join(', ')} | ${((calls * 60) / seconds).toFixed(0)} | ${perMinute(execution)} | ${perMinute(planning)} |`
})
process.stdout.write(
  [
    '| PostgreSQL | families | samples | statements per minute | execution | planning |',
    '|---|---:|---:|---:|---:|---:|',
    ...rows,
    '',
    '| most expensive on 18, by views read | calls | execution | planning |',
    '|---|---:|---:|---:|',
    ...mostExpensive,
    ''
  ].join('\n')
)
process.exit(0)
