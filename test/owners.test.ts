import { test } from 'tap'
import { makeExporter } from './exporter/run-exporter.ts'
import { allOf, sampleValue } from './page/parse-page.ts'
import { createTeam } from './servers/create-team.ts'

test('with three owners and without pg_monitor every database exports what its owner may see, and the rest is a blind spot', async (t) => {
  const team = await createTeam()
  const { exporter, samples, logged } = makeExporter(team.environment('owners'))
  t.teardown(() => exporter.stop())
  await exporter.pollOnce()
  const all = await samples()

  for (const datname of [team.platform, team.users, team.labeler]) {
    t.equal(sampleValue(all, 'pg_database_up', { datname }), 1)
    t.equal(sampleValue(all, 'pg_stat_user_tables_n_tup_ins', { datname, relname: 'item' }), 100, `${datname}'s owner sees its tables`)
    for (const capability of ['pg_monitor', 'pg_read_all_stats'])
      t.equal(sampleValue(all, 'pgvitals_capability', { datname, capability }), 0)
  }

  t.ok((sampleValue(all, 'pg_database_size_bytes', { datname: team.platform }) ?? 0) > 1e6, "the size of the owner's database is known")
  t.equal(
    sampleValue(all, 'pg_database_size_bytes', { datname: team.labeler }),
    undefined,
    'the size of a database that refuses the role is absent, not 0'
  )
  t.equal(sampleValue(all, 'pgvitals_query_success', { query: 'database_size' }), 1, 'and the query does not fail')

  for (const query of ['wal', 'stat_replication'])
    t.same(allOf(all, 'pgvitals_query_success', { query }), [], `${query} is skipped and does not fail`)
  t.same(allOf(all, 'pg_wal_segments'), [])
  t.ok(
    allOf(all, 'pgvitals_query_success').every(({ value }) => value === 1),
    'no query fails'
  )

  const hidden = allOf(all, 'pg_stat_activity_count', { datname: team.labeler })
  t.ok(
    hidden.length > 0 && hidden.every(({ labels }) => labels.state === 'unknown'),
    'sessions of another owner are counted with an unknown state'
  )
  t.same(allOf(all, 'pg_stat_activity_max_tx_duration', { datname: team.labeler }), [], 'and the duration of their transactions is absent')
  t.same(
    allOf(all, 'pg_stat_activity_count', { state: 'no zero for a state that the role cannot see' }),
    [],
    'no state is zero-filled that the role could not see'
  )

  const line = logged.map(({ msg }) => String(msg)).find((msg) => msg.includes('queries run'))
  t.match(line, /skipped: .*wal \(needs capability pg_ls_waldir\)/)
})

test('server-wide queries run with the credential that sees most, whatever its position in the configuration', async (t) => {
  const team = await createTeam()
  const { exporter, samples } = makeExporter(
    { ...team.environment('owners'), USER_DATABASE_URL: team.url('users') },
    { queries: ['database_size', 'stat_activity', 'wal'] }
  )
  t.teardown(() => exporter.stop())
  await exporter.pollOnce()
  const all = await samples()
  t.ok((sampleValue(all, 'pg_wal_segments') ?? 0) > 0)
  t.ok((sampleValue(all, 'pg_database_size_bytes', { datname: team.labeler }) ?? 0) > 1e6)
  t.same(allOf(all, 'pg_stat_activity_count', { state: 'unknown' }), [])
  t.equal(
    sampleValue(all, 'pgvitals_capability', { datname: team.platform, capability: 'pg_monitor' }),
    0,
    'each credential has its own capabilities'
  )
  t.equal(sampleValue(all, 'pgvitals_capability', { datname: team.users, capability: 'pg_monitor' }), 1)
})
