import pg from 'pg'
import { test } from 'tap'
import { allOf } from '../page/parse-page.ts'
import { startServer, startStandby, type TestServer } from '../servers/start-server.ts'
import { createTeamDatabases } from '../servers/team-databases.ts'
import { createPoller } from './create-poller.ts'
import { startPair } from './start-pair.ts'

const { pollServer, pollUntil } = createPoller(
  'replication',
  'replication_slots',
  'replication_slots_invalidation_reason',
  'replication_slots_wal_status',
  'stat_database_conflicts',
  'stat_replication_slots'
)

const megabyte = 1024 * 1024

/** Fills this many WAL segments. */
async function fillSegments(server: TestServer, count: number): Promise<void> {
  await server.sql('platform', 'create table if not exists moved ()')
  for (let i = 0; i < count; i++) await server.sql('platform', 'insert into moved default values', 'select pg_switch_wal()')
}

for (const major of [13, 16, 18] as const) {
  test(`unused slots of PostgreSQL ${major} retain WAL and transactions until one is lost`, async (t) => {
    const server = await startServer({ major, flags: ['autovacuum=off', 'wal_level=logical', 'max_slot_wal_keep_size=64MB'] })
    t.teardown(() => server.remove())
    await createTeamDatabases(server)
    const failover = major >= 17 ? ', failover => true' : ''
    await server.sql(
      'platform',
      "select pg_create_physical_replication_slot('unused', true)",
      `select pg_create_logical_replication_slot('decoded', 'test_decoding'${failover})`
    )
    const [physical, logical] = [{ slot_name: 'unused' }, { slot_name: 'decoded', database: 'platform' }]
    const fresh = await pollServer(server)
    await fillSegments(server, 2)
    const held = await pollServer(server)
    const retained = held.value('pg_replication_slots_pg_wal_lsn_diff', physical) ?? 0
    t.ok(retained > 16 * megabyte && retained < 48 * megabyte, `${retained} bytes are retained`)
    t.ok((held.value('pg_replication_slots_safe_wal_size_bytes', physical) ?? 0) > 16 * megabyte)
    t.ok((held.value('pg_replication_slots_unconfirmed_bytes', logical) ?? 0) > 16 * megabyte)
    t.equal(held.value('pg_replication_slots_unconfirmed_bytes', physical), undefined)
    t.equal(
      (held.value('pg_replication_slots_catalog_xmin_age', logical) ?? 0) -
        (fresh.value('pg_replication_slots_catalog_xmin_age', logical) ?? 0),
      3,
      'three transactions later'
    )
    t.equal(held.value('pg_replication_slots_xmin_age', physical), undefined)
    t.equal(held.value('pg_replication_slots_conflicting', logical), major >= 16 ? 0 : undefined)
    t.equal(held.value('pg_replication_slots_conflicting', physical), undefined)
    t.equal(held.value('pg_replication_slots_failover', logical), major >= 17 ? 1 : undefined)
    t.equal(held.value('pg_replication_slots_synced', logical), major >= 17 ? 0 : undefined)
    t.equal((held.value('pg_replication_slots_inactive_seconds', physical) ?? -1) > 0, major >= 17)
    t.same(allOf(held.samples, 'pg_replication_slots_invalidation_reason'), [])

    await fillSegments(server, 5)
    await server.sql('platform', 'checkpoint')
    const lost = await pollServer(server)
    t.equal(lost.value('pg_replication_slots_wal_status', { ...physical, wal_status: 'lost' }), 1)
    t.equal(lost.value('pg_replication_slots_pg_wal_lsn_diff', physical), undefined, 'absent, because a lost slot retains nothing')
    t.equal(lost.value('pg_replication_slots_catalog_xmin_age', logical), undefined)
    t.equal(
      lost.value('pg_replication_slots_invalidation_reason', { ...physical, invalidation_reason: 'wal_removed' }),
      major >= 17 ? 1 : undefined
    )
  })
}

for (const major of [14, 18] as const) {
  test(`decoding on PostgreSQL ${major} counts transactions that it sends and spills to disk`, async (t) => {
    const server = await startServer({ major, flags: ['wal_level=logical', 'logical_decoding_work_mem=64kB'] })
    t.teardown(() => server.remove())
    await createTeamDatabases(server)
    await server.sql('platform', "select pg_create_logical_replication_slot('decoded', 'test_decoding')")
    const slot = { slot_name: 'decoded' }
    const decode = "select count(*) from pg_logical_slot_get_changes('decoded', null, null)"
    await server.sql('platform', 'insert into item values (1000)', decode)
    const small = await pollUntil(server, ({ value }) => value('pg_stat_replication_slots_txns_total', slot) === 1)
    t.equal(small.value('pg_stat_replication_slots_txns_total', slot), 1)
    t.equal(small.value('pg_stat_replication_slots_spill_txns_total', slot), 0)
    await server.sql('platform', 'insert into item select g from generate_series(2000, 6000) as g', decode)
    const large = await pollUntil(server, ({ value }) => value('pg_stat_replication_slots_txns_total', slot) === 2)
    t.equal(large.value('pg_stat_replication_slots_txns_total', slot), 2)
    t.equal(large.value('pg_stat_replication_slots_spill_txns_total', slot), 1)
    t.ok((large.value('pg_stat_replication_slots_spills_total', slot) ?? 0) > 1)
    const [spilled, sent] = ['pg_stat_replication_slots_spill_bytes_total', 'pg_stat_replication_slots_bytes_total'].map(
      (name) => large.value(name, slot) ?? 0
    )
    t.ok(spilled !== undefined && sent !== undefined && spilled > 200_000 && sent > 200_000, `${spilled} spilled, ${sent} sent`)
    t.equal(large.value('pg_stat_replication_slots_stream_txns_total', slot), 0)
  })
}

test('a logical slot on a standby that conflicts with recovery is exported and retains nothing', async (t) => {
  const primary = await startServer({ major: 18, flags: ['autovacuum=off'] })
  t.teardown(() => primary.remove())
  await createTeamDatabases(primary)
  await primary.sql('postgres', 'alter system set wal_level = logical')
  const standby = await startStandby(primary)
  t.teardown(() => standby.remove())
  await pollUntil(standby, ({ value }) => value('pg_replication_receiver_connected') === 1)
  const created = standby.sql('platform', "select pg_create_logical_replication_slot('decoded', 'test_decoding')")
  let isCreated = false
  void created.then(() => {
    isCreated = true
  })
  // The slot waits until the primary has logged its running transactions.
  while (!isCreated) await primary.sql('platform', 'select pg_log_standby_snapshot()', 'select pg_sleep(0.1)')
  const slot = { slot_name: 'decoded' }
  const [cancelled, at] = ['pg_stat_database_conflicts_confl_active_logicalslot', { datname: 'platform' }]
  const before = await pollServer(standby)
  t.equal(before.value(cancelled, at), 0)
  t.equal(before.value('pg_replication_slots_conflicting', slot), 0)
  t.ok((before.value('pg_replication_slots_pg_wal_lsn_diff', slot) ?? -1) >= 0)
  // The standby terminates the session that uses the slot.
  const decoder = new pg.Client({ connectionString: standby.url('platform'), replication: 'database' } as pg.ClientConfig)
  decoder.on('error', () => {})
  await decoder.connect()
  decoder.query('START_REPLICATION SLOT decoded LOGICAL 0/0').catch(() => {})
  const used = await pollUntil(standby, ({ value }) => value('pg_replication_slots_slot_is_active', slot) === 1)
  t.equal(used.value('pg_replication_slots_slot_is_active', slot), 1)
  t.ok((used.value('pg_replication_slots_slot_confirmed_flush_lsn', slot) ?? 0) > 16 * megabyte)
  await primary.sql('platform', 'create table gone ()', 'drop table gone', 'vacuum pg_class, pg_attribute, pg_type')
  const after = await pollUntil(standby, ({ value }) => value('pg_replication_slots_conflicting', slot) === 1)
  t.equal(after.value('pg_replication_slots_conflicting', slot), 1)
  t.equal(after.value('pg_replication_slots_invalidation_reason', { ...slot, invalidation_reason: 'rows_removed' }), 1)
  t.equal(after.value('pg_replication_slots_pg_wal_lsn_diff', slot), undefined)
  t.equal(after.value('pg_replication_slots_slot_is_active', slot), 0)
  t.equal(after.value('pg_replication_slots_slot_confirmed_flush_lsn', slot), undefined, 'absent without a session')
  // An idle session reports its statistics at its end.
  await decoder.end()
  const counted = await pollUntil(standby, ({ value }) => value(cancelled, at) === 1)
  t.equal(counted.value(cancelled, at), 1)
})

test('a failover slot is synchronized to the standby and exported there as a copy', async (t) => {
  const { primary, standby } = await startPair(t, 18)
  await primary.sql('platform', "select pg_create_logical_replication_slot('decoded', 'test_decoding', failover => true)")
  await standby.sql('postgres', 'alter system set hot_standby_feedback = on', 'select pg_reload_conf()')
  const slot = { slot_name: 'decoded' }
  // The copy becomes persistent once the primary's slot needs only rows that the standby still has.
  for (let attempt = 0; attempt < 50; attempt++) {
    await primary.sql(
      'platform',
      'select pg_log_standby_snapshot()',
      "select count(*) from pg_logical_slot_get_changes('decoded', null, null)"
    )
    const [row] = await standby.sql(
      'postgres',
      'select pg_sync_replication_slots()',
      "select count(*)::int as copies from pg_replication_slots where slot_name = 'decoded' and not temporary"
    )
    if (row?.copies === 1) break
  }
  const copy = await pollServer(standby)
  t.equal(copy.value('pg_replication_slots_synced', slot), 1)
  t.equal(copy.value('pg_replication_slots_failover', slot), 1)
  t.equal((await pollServer(primary)).value('pg_replication_slots_synced', slot), 0, 'the original is not a copy')
})
