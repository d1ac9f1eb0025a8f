import { test } from 'tap'
import { makeExporter, until } from './exporter/run-exporter.ts'
import { sampleValue } from './page/parse-page.ts'
import { createTeam } from './servers/create-team.ts'

test('an idle exporter does not block dropping, renaming or copying a database, except the main one', async (t) => {
  const team = await createTeam()
  const { exporter, samples } = makeExporter(team.environment('monitor'), { queries: ['connections', 'stat_user_tables'] })
  t.teardown(() => exporter.stop())
  exporter.start()
  await until('every query was polled', 20, () => exporter.isReady())
  await until('one session is open', 5, async () => sampleValue(await samples(), 'pgvitals_sessions_open') === 1)
  const before = exporter.snapshots().map(({ datname, query, succeededAt }) => [datname, query, succeededAt])
  await team.server.sql('postgres', `create database ${team.users}_copy template ${team.users}`)
  await team.server.sql('postgres', `alter database ${team.users} rename to ${team.users}_renamed`)
  await team.server.sql('postgres', `drop database ${team.labeler}`)
  await t.rejects(team.server.sql('postgres', `drop database ${team.platform}`), { code: '55006' }, 'the main database keeps its session')
  t.same(
    exporter.snapshots().map(({ datname, query, succeededAt }) => [datname, query, succeededAt]),
    before,
    'no poll interfered'
  )
})

test('without kept sessions, the intervals are the same', async (t) => {
  const team = await createTeam()
  const { exporter, samples } = makeExporter(
    { ...team.environment('owners'), PGVITALS_QUERIES: '{ stat_user_tables: { interval: 1s }, connections: { interval: 1s } }' },
    { queries: ['connections', 'stat_user_tables'] }
  )
  t.teardown(() => exporter.stop())
  exporter.start()
  await until('every query was polled', 20, () => exporter.isReady())
  const inserted = async () =>
    sampleValue(await samples(), 'pg_stat_user_tables_n_tup_ins', { datname: team.labeler, relname: 'item' }) ?? Number.NaN
  const first = await inserted()
  await team.server.sql(team.labeler, "insert into item select g, 'x' from generate_series(1001, 1010) as g")
  await until('the rows are on the page', 15, async () => (await inserted()) === first + 10)
  for (const [name, seconds] of exporter.servers()[0]?.intervals ?? []) t.equal(seconds, 1, name)
  t.ok((sampleValue(await samples(), 'pgvitals_sessions_opened_total', { datname: team.labeler }) ?? 0) > 1)
})

test('PGVITALS_KEEP_SESSIONS keeps the sessions of all databases', async (t) => {
  const team = await createTeam()
  const environment = { ...team.environment('monitor'), PGVITALS_KEEP_SESSIONS: 'on' }
  const { exporter, samples } = makeExporter(environment, { queries: ['stat_user_tables'] })
  t.teardown(() => exporter.stop())
  exporter.start()
  await until('three sessions are open', 20, async () => sampleValue(await samples(), 'pgvitals_sessions_open') === 3)
  await until('every query was polled', 20, () => exporter.isReady())
  t.equal(sampleValue(await samples(), 'pgvitals_sessions_open'), 3)
  await t.rejects(team.server.sql('postgres', `drop database ${team.labeler}`), { code: '55006' })
})
