import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { type Test, test } from 'tap'
import { until } from '../exporter/run-exporter.ts'
import type { PageSample } from '../page/parse-page.ts'
import { hasTool } from '../servers/has-tool.ts'
import { type RunningServer, startServer, type TestServer } from '../servers/start-server.ts'
import { createTeamDatabases } from '../servers/team-databases.ts'
import { createPoller } from './create-poller.ts'

const { pollServer, pollUntil } = createPoller(
  'replication_slots',
  'replication_slots_wal_status',
  'stat_activity',
  'stat_replication',
  'stat_replication_connections',
  'stat_replication_slots',
  'stat_replication_sync_state'
)

const connections = 'pg_stat_replication_connections'
const free = ['application_name', 'slot_name']

/** The values of labels whose values clients choose. */
function namesIn(samples: readonly PageSample[]): readonly string[] {
  const families = samples.filter(({ name }) => name.startsWith('pg_replication_slots_') || name.startsWith('pg_stat_replication_'))
  return [...new Set(families.flatMap(({ labels }) => free.flatMap((label) => labels[label] ?? [])))].filter(Boolean).sort()
}

/** Runs a client of PostgreSQL until the test ends. */
function runClient(t: Test, server: RunningServer, tool: string, ...options: readonly string[]): void {
  const client = spawn(tool, ['-d', server.url('postgres'), ...options], { stdio: 'ignore' })
  t.teardown(() => client.kill())
}

/** Streams WAL as pg_basebackup does, which does not support servers that are newer than itself. */
async function streamWal(t: Test, server: TestServer): Promise<void> {
  const [at] = await server.sql('postgres', 'select pg_current_wal_lsn() as lsn')
  const client = new pg.Client({
    connectionString: server.url('postgres'),
    application_name: 'pg_basebackup',
    replication: 'true'
  } as pg.ClientConfig)
  client.on('error', () => {})
  await client.connect()
  await client.query('CREATE_REPLICATION_SLOT pg_basebackup_4711 TEMPORARY PHYSICAL RESERVE_WAL')
  client.query(`START_REPLICATION SLOT pg_basebackup_4711 PHYSICAL ${at?.lsn}`).catch(() => {})
  t.teardown(() => client.end())
}

for (const major of [13, 18] as const) {
  test(`a base backup, a WAL archiver and a table synchronization of PostgreSQL ${major} do not count as standbys`, async (t) => {
    if (!hasTool(t, 'pg_basebackup', 'postgresql-client')) return
    const server = await startServer({ major, flags: ['wal_level=logical', 'wal_keep_size=256MB', 'wal_retrieve_retry_interval=300ms'] })
    t.teardown(() => server.remove())
    await createTeamDatabases(server)

    if (major === 13) {
      const folder = mkdtempSync(join(tmpdir(), 'pgvitals-clients-'))
      mkdirSync(join(folder, 'wal'))
      t.teardown(() => rmSync(folder, { recursive: true, force: true }))
      runClient(t, server, 'pg_basebackup', '-D', join(folder, 'data'), '-X', 'stream', '--checkpoint=fast', '--max-rate=32k', '--no-sync')
      runClient(t, server, 'pg_receivewal', '-D', join(folder, 'wal'), '--status-interval=1')
    } else {
      await streamWal(t, server)
    }
    const streams = major === 13 ? 2 : 1
    const temporary = { slot_name: '(temporary)', slot_type: 'physical' }
    const backup = await pollUntil(
      server,
      ({ value }) =>
        value(connections, { kind: 'backup', state: 'streaming' }) === streams &&
        value('pg_replication_slots_pg_wal_lsn_diff', temporary) !== undefined,
      40
    )
    t.equal(backup.value(connections, { kind: 'backup', state: 'streaming' }), streams)
    t.equal(backup.value(connections, { kind: 'physical', state: 'streaming' }), 0)
    t.equal(backup.value(connections, { kind: 'physical', state: 'backup' }), undefined)
    t.same(namesIn(backup.samples), ['(temporary)', 'pg_basebackup', ...(major === 13 ? ['pg_receivewal'] : [])])
    t.equal(backup.value('pg_replication_slots_active', temporary), 1)
    t.equal(backup.value('pg_replication_slots_wal_status', { ...temporary, wal_status: 'reserved' }), 1)
    t.ok((backup.value('pg_replication_slots_pg_wal_lsn_diff', temporary) ?? -1) >= 0, 'what it retains is exported')
    if (major === 13) {
      t.equal(backup.value(connections, { kind: 'backup', state: 'backup' }), 1)
      t.ok((backup.value('pg_stat_replication_sent_lag_bytes', { application_name: 'pg_receivewal' }) ?? -1) >= 0)
      t.equal(backup.value('pg_stat_replication_replay_lag_bytes', { application_name: 'pg_receivewal' }), undefined)
      // For a client that reports no replay position, PostgreSQL reports a replay lag that grows forever.
      const lag = "select from pg_stat_replication where application_name = 'pg_receivewal' and replay_lag is not null"
      const write = ['create table wal_record ()', 'drop table wal_record']
      await until('a replay lag of pg_receivewal', 20, async () => (await server.sql('postgres', ...write, lag)).length > 0)
      const archive = await pollServer(server)
      t.equal(archive.value('pg_stat_replication_replay_lag_seconds', { application_name: 'pg_receivewal' }), undefined)
    }

    await server.sql('users', 'create publication items for table item', "select pg_create_logical_replication_slot('copy', 'pgoutput')")
    await server.sql(
      'platform',
      `create subscription copy connection 'host=127.0.0.1 port=${server.port} user=postgres password=secret dbname=users'
       publication items with (create_slot = false, slot_name = 'copy', enabled = false)`
    )
    const locker = new pg.Client({ connectionString: server.url('users'), application_name: 'worker 81234: 5432' })
    await locker.connect()
    // The worker waits while it creates its slot.
    await locker.query('begin; lock table item in access exclusive mode')
    await server.sql('platform', 'alter subscription copy enable')
    const worker = major === 13 ? 'copy_*_sync_*' : 'pg_*_sync_*'
    const slot = { slot_name: major === 13 ? '(temporary)' : worker, slot_type: 'logical' }
    const copying = await pollUntil(
      server,
      ({ value }) =>
        value(connections, { kind: 'logical', state: 'streaming' }) === 1 &&
        value(connections, { kind: 'table_sync', state: 'startup' }) === 1 &&
        value('pg_replication_slots_active', slot) === 1,
      40
    )
    t.equal(copying.value(connections, { kind: 'logical', state: 'streaming' }), 1, 'the subscriber alone')
    t.equal(copying.value(connections, { kind: 'table_sync', state: 'startup' }), 1)
    t.equal(copying.value('pg_replication_slots_active', slot), 1)
    t.equal(copying.value('pg_stat_replication_sync_state', { application_name: worker }), 1)
    t.equal(copying.value('pg_stat_replication_slots_txns_total', { slot_name: 'copy' }) === undefined, major === 13)
    t.same(
      namesIn(copying.samples).filter((name) => /\d/.test(name)),
      [],
      'no name contains a process ID or an OID'
    )
    t.equal(copying.value('pg_stat_activity_count', { application_name: 'worker *: *' }), 1)
    await locker.end()
    await server.sql(
      'platform',
      'alter subscription copy disable',
      'alter subscription copy set (slot_name = none)',
      'drop subscription copy'
    )
    await until('the subscription is gone', 10, async () => {
      const { value } = await pollServer(server)
      return value(connections, { kind: 'logical', state: 'streaming' }) === 0
    })
  })
}
