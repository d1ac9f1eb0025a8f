import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { type Test, test } from 'tap'
import { parseDatabaseUrl } from '../src/config/database-url.ts'
import { type PlannedQuery, planQueries } from '../src/plan/plan-queries.ts'
import { loadQueries } from '../src/query/load.ts'
import { readFacts } from '../src/server/facts.ts'
import { openSession } from '../src/server/session.ts'
import { pollPlanned } from './poll/poll-planned.ts'
import { createTeam, type Team } from './servers/create-team.ts'
import { hasTool } from './servers/has-tool.ts'
import { majors } from './servers/start-server.ts'

const queries = loadQueries()
const ran = new Set<string>()

for (const major of majors) {
  test(`every query file runs on PostgreSQL ${major} as a role with pg_monitor alone`, async (t) => {
    const team = await createTeam(major)
    const extensions = ['pg_stat_statements', ...(major >= 16 ? ['pg_buffercache'] : [])]
    await team.server.sql(team.platform, ...extensions.map((name) => `create extension ${name}`))
    const session = await openSession(parseDatabaseUrl(`${team.url('platform')}?sslmode=disable`))
    t.teardown(() => session.close())
    const facts = await readFacts(session)
    t.equal(facts.version[0], major)

    const access = new Map([['labeler_user', 'read' as const]])
    const plan = planQueries(queries, [{ name: team.platform, isUp: true, facts, access }])
    for (const planned of plan) {
      const { query, skipped } = planned
      if (skipped !== undefined) {
        t.match(
          skipped,
          /^needs (server >= 1[4-8], is 1[3-7]|role standby|pg_buffercache >= 1\.4)/,
          `${query.name} is skipped for a valid reason`
        )
        continue
      }
      ran.add(query.file)
      const { dropped } = await pollPlanned(session, planned)
      t.same(
        dropped,
        { rows: 0, budget: 0, bytes: 0, duplicate: 0, illegal: 0 },
        `${query.file} returns the columns of its header, and no sample is dropped`
      )
    }
    if (hasTool(t, 'psql', 'postgresql-client')) await psqlAgrees(t, team, plan)
  })
}

test('some version runs each variant', async (t) => {
  t.same(
    queries.map((query) => query.file).filter((file) => !ran.has(file)),
    []
  )
})

/** Runs all files with psql, unchanged, and compares the columns with their headers. */
async function psqlAgrees(t: Test, team: Team, plan: readonly PlannedQuery[]): Promise<void> {
  const run = plan.filter(({ skipped }) => skipped === undefined).map(({ query }) => query)
  const files = run.flatMap(({ file }) => ['-c', `\\echo file ${file}`, '-f', file])
  const options = ['-X', '-A', '-F', ' ', '-v', 'ON_ERROR_STOP=1', ...files, team.url('platform')]
  const { stdout } = await promisify(execFile)('psql', options, { maxBuffer: 2 ** 26 })
  const columns = new Map(stdout.split(/^file /m).map((output) => [output.split('\n')[0], output.split('\n')[1]]))
  for (const query of run)
    t.same(columns.get(query.file)?.split(' ').sort(), query.columns.map((column) => column.name).sort(), `psql -f ${query.file}`)
}
