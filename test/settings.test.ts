import { test } from 'tap'
import { parseDatabaseUrl } from '../src/config/database-url.ts'
import { openSession } from '../src/server/session.ts'
import { makeExporter } from './exporter/run-exporter.ts'
import { sampleValue } from './page/parse-page.ts'
import { createTeam } from './servers/create-team.ts'
import { startServer } from './servers/start-server.ts'
import { createTeamDatabases } from './servers/team-databases.ts'

/** Every number or switch among our session settings, a different value for the server, and the exported value. */
const cases = [
  ['statement_timeout', '7min', 'pg_settings_statement_timeout_seconds', 420],
  ['lock_timeout', '2min', 'pg_settings_lock_timeout_seconds', 120],
  ['idle_in_transaction_session_timeout', '3h', 'pg_settings_idle_in_transaction_session_timeout_seconds', 10_800],
  ['idle_session_timeout', '4h', 'pg_settings_idle_session_timeout_seconds', 14_400],
  ['transaction_timeout', '5h', 'pg_settings_transaction_timeout_seconds', 18_000],
  ['default_transaction_read_only', 'off', 'pg_settings_default_transaction_read_only', 0],
  ['default_transaction_deferrable', 'on', 'pg_settings_default_transaction_deferrable', 1],
  ['jit', 'on', 'pg_settings_jit', 1],
  ['max_parallel_workers_per_gather', '6', 'pg_settings_max_parallel_workers_per_gather', 6],
  ['extra_float_digits', '3', 'pg_settings_extra_float_digits', 3],
  ['standard_conforming_strings', 'off', 'pg_settings_standard_conforming_strings', 0]
] as const

test("the page exports the server's settings, not those of our session", async (t) => {
  const server = await startServer()
  t.teardown(() => server.remove())
  await createTeamDatabases(server)
  for (const [name, value] of cases) await server.sql('postgres', `alter system set ${name} = '${value}'`)
  await server.sql('postgres', 'select pg_reload_conf()', 'select pg_sleep(0.2)')
  const { exporter, samples, page } = makeExporter({ DATABASE_URL: server.url('platform', 'pgvitals') }, { queries: ['settings'] })
  t.teardown(() => exporter.stop())
  await exporter.pollOnce()
  const all = await samples()
  for (const [name, , metric, expected] of cases) t.equal(sampleValue(all, metric), expected, name)
  t.equal(sampleValue(all, 'pg_settings_transaction_read_only'), 0)
  t.equal(sampleValue(all, 'pg_settings_transaction_deferrable'), 1)
  t.equal(sampleValue(all, 'pg_settings_shared_buffers_bytes'), 128 * 1024 * 1024, 'pages of 8kB become bytes')
  t.equal(sampleValue(all, 'pg_settings_autovacuum_work_mem_bytes'), -1, '-1 for "none" remains -1')

  const helps = new Map(
    [...(await page()).matchAll(/^# HELP pg_settings_(\w+) Server parameter (.*)\.$/gm)].map(([, name, help]) => [name, help])
  )
  for (const [metric, help] of [
    ['shared_buffers_bytes', 'shared_buffers, in bytes'],
    ['autovacuum_work_mem_bytes', 'autovacuum_work_mem, in bytes; -1 is a special value'],
    ['statement_timeout_seconds', 'statement_timeout, in seconds'],
    ['max_connections', 'max_connections'],
    ['fsync', 'fsync: 1 if on, 0 if off']
  ] as const) {
    t.equal(helps.get(metric), help, `the help of ${metric} names the parameter and its unit`)
  }
  const known = await server.sql('postgres', "select name from pg_settings where vartype in ('bool', 'integer', 'real')")
  const parameters = new Set(known.map(({ name }) => name))
  t.same(
    [...helps.values()].filter((help) => !parameters.has(/^[\w.-]+/.exec(help ?? '')?.[0])),
    [],
    'every help names an existing parameter'
  )
})

test("a setting of our role or database alone is absent, because it hides the server's value", async (t) => {
  const server = await startServer()
  t.teardown(() => server.remove())
  await createTeamDatabases(server)
  await server.sql(
    'postgres',
    "alter role pgvitals set statement_timeout = '3s'",
    "alter database platform set work_mem = '77MB'",
    'alter role pgvitals in database platform set jit = off',
    "alter database users set lock_timeout = '9s'",
    "alter role all set temp_buffers = '16MB'"
  )
  const { exporter, samples } = makeExporter({ DATABASE_URL: server.url('platform', 'pgvitals') }, { queries: ['settings'] })
  t.teardown(() => exporter.stop())
  await exporter.pollOnce()
  const all = await samples()
  for (const name of ['statement_timeout_seconds', 'work_mem_bytes', 'jit'])
    t.equal(sampleValue(all, `pg_settings_${name}`), undefined, name)
  t.equal(sampleValue(all, 'pg_settings_lock_timeout_seconds'), 0, 'a setting of another database has no effect')
  t.equal(sampleValue(all, 'pg_settings_temp_buffers_bytes'), 16 * 1024 * 1024, 'a setting of all roles is exported')
})

test('settings that an owner sets on the database neither change nor break our session', async (t) => {
  const team = await createTeam()
  const { server } = team
  for (const setting of [
    "role = 'pg_stat_scan_tables'",
    'exit_on_error = on',
    'extra_float_digits = -15',
    "restrict_nonsystem_relation_kind = 'view, foreign-table'",
    'search_path = evil, public',
    "default_transaction_isolation = 'serializable'",
    'default_transaction_deferrable = on',
    "statement_timeout = '700ms'",
    "transaction_timeout = '700ms'",
    "idle_session_timeout = '700ms'"
  ]) {
    await server.sql('postgres', `alter database ${team.labeler} set ${setting}`)
  }
  await server.sql('postgres', `alter database ${team.labeler} owner to ${team.labeler}_owner`)
  const { exporter, samples } = makeExporter({ DATABASE_URL: team.url('labeler') })
  t.teardown(() => exporter.stop())
  await exporter.pollOnce()
  // Longer than these limits, which would end a session that has them.
  await new Promise((resolve) => setTimeout(resolve, 1000))
  await exporter.pollOnce()
  const session = await openSession(parseDatabaseUrl(team.url('labeler')))
  t.teardown(() => session.close())
  const names = ['statement_timeout', 'transaction_timeout', 'idle_session_timeout']
  const columns = names.map((name) => `pg_catalog.current_setting('${name}')`).join(', ')
  t.same((await session.run(`select ${columns}`, { timeoutSeconds: 5, maxRows: 1 })).rows, [['5s', '0', '0']])
  const all = await samples()
  t.ok(all.filter(({ name }) => name === 'pgvitals_query_success').every(({ value }) => value === 1))
  t.equal(sampleValue(all, 'pgvitals_sessions_opened_total'), 1, 'the session stays open')
  t.equal(sampleValue(all, 'pg_settings_autovacuum_vacuum_scale_factor'), 0.2)
  t.equal(sampleValue(all, 'pgvitals_capability', { capability: 'pg_monitor' }), 1, 'the session has the rights of its own role')
})
