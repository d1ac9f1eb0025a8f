import { test } from 'tap'
import { makeExporter, until } from '../exporter/run-exporter.ts'
import { allOf, type PageSample, sampleValue } from '../page/parse-page.ts'
import { startServer, type TestServer } from '../servers/start-server.ts'
import { createTeamDatabases, teamEnvironment } from '../servers/team-databases.ts'
import { holdSession } from './held-session.ts'

const queries = [
  'index_unused',
  'long_running_transactions',
  'partition',
  'partitioned_table',
  'partitioned_table_size',
  'stat_activity',
  'stat_activity_connections',
  'stat_database',
  'stat_database_conflicts',
  'stat_io',
  'stat_slru',
  'stat_statements',
  'stat_user_indexes',
  'stat_user_indexes_size',
  'stat_user_tables',
  'stat_user_tables_size',
  'stat_wal',
  'table_vacuum',
  'temporary_files'
]

/** One poll of all databases with these queries: the samples and the reasons why queries were skipped. */
async function poll(server: TestServer, ...only: readonly string[]) {
  const { exporter, samples, logged } = makeExporter(teamEnvironment(server, 'pgvitals'), { queries: only.length > 0 ? only : queries })
  try {
    await exporter.pollOnce()
    const all = await samples()
    const plan = logged.map(({ msg }) => String(msg)).find((message) => message.includes('skipped:')) ?? ''
    return { all, plan, value: (name: string, labels: Readonly<Record<string, string>> = {}) => sampleValue(all, name, labels) }
  } finally {
    await exporter.stop()
  }
}

/** The names of the samples with these labels. */
const namesOf = (all: readonly PageSample[], labels: Readonly<Record<string, string>>, prefix = 'pg_') =>
  all
    .filter(({ name, labels: own }) => name.startsWith(prefix) && Object.entries(labels).every(([key, value]) => own[key] === value))
    .map(({ name }) => name)
    .sort()

const platform = { datname: 'platform', schemaname: 'public' }

for (const major of [13, 18] as const) {
  test(`PostgreSQL ${major}: the rows of a partitioned table are the sum of its partitions, and never 0`, async (t) => {
    const server = await startServer({ major, flags: ['autovacuum=off'] })
    t.teardown(() => server.remove())
    await createTeamDatabases(server)
    await server.sql(
      'platform',
      'create table event (id int primary key, note text) partition by range (id)',
      ...[0, 1, 2].map((number) => `create table event_${number} partition of event for values from (${number}) to (${number + 1})`),
      'create table event_rest partition of event for values from (100) to (10000) partition by range (id)',
      'create table event_many partition of event_rest for values from (100) to (5000)',
      'create extension postgres_fdw',
      'create server elsewhere foreign data wrapper postgres_fdw',
      'create foreign table measure_far (id int) server elsewhere',
      'create table measure (id int) partition by range (id)',
      'alter table measure attach partition measure_far for values from (0) to (10)',
      'insert into event select g from generate_series(0, 2) as g',
      'insert into event select g from generate_series(100, 599) as g',
      'delete from event where id between 100 and 119',
      'create index on event_many using gin ((array[id]))',
      'analyze event'
    )
    const event = { ...platform, relname: 'event' }
    await until('the statistics have arrived', 10, async () => {
      const { value } = await poll(server, 'stat_user_tables')
      return (value('pg_stat_user_tables_n_dead_tup', { ...platform, relname: 'event_many' }) ?? 0) > 0
    })
    const { all, value } = await poll(server)
    const counted = ['pg_stat_user_tables_analyze_count', ...(major === 18 ? ['pg_stat_user_tables_analyze_seconds_total'] : [])]
    const analyzed = major === 13 ? [] : [...counted, 'pg_stat_user_tables_last_analyze']
    t.same(namesOf(all, event, 'pg_stat'), analyzed, 'the partitioned table has only what PostgreSQL counts for it')
    t.equal(value('pg_stat_user_tables_analyze_count', event), major === 13 ? undefined : 1)

    const leaves = ['event_0', 'event_1', 'event_2', 'event_many']
    const sum = (name: string) => leaves.reduce((total, relname) => total + (value(name, { ...platform, relname }) ?? Number.NaN), 0)
    t.equal(value('pg_partitioned_table_live_rows', event), sum('pg_stat_user_tables_n_live_tup'))
    t.ok(sum('pg_stat_user_tables_n_live_tup') >= 483)
    t.equal(value('pg_partitioned_table_dead_rows', event), sum('pg_stat_user_tables_n_dead_tup'))
    t.equal(value('pg_partitioned_table_size_bytes', event), sum('pg_stat_user_tables_table_size_bytes'))
    t.equal(value('pg_partitioned_table_index_size_bytes', event), sum('pg_stat_user_tables_index_size_bytes'))
    t.equal(value('pg_partitioned_table_partitions', event), 4)
    t.equal(value('pg_partitioned_table_foreign_partitions', event), 0)
    const measure = { ...platform, relname: 'measure' }
    t.same(
      namesOf(all, measure),
      ['pg_partitioned_table_foreign_partitions', 'pg_partitioned_table_partitions', ...(major === 13 ? [] : counted)],
      'a foreign table is neither counted nor measured, so the partitioned table has no sum'
    )
    t.equal(value('pg_partitioned_table_foreign_partitions', measure), 1)
    t.same(
      allOf(all, 'pg_partition_info', { datname: 'platform' })
        .map(({ labels }) => `${labels.relname} of ${labels.root_relname} ${labels.kind}`)
        .sort(),
      [...leaves.map((relname) => `${relname} of event table`), 'measure_far of measure foreign table']
    )

    const gin = { ...platform, relname: 'event_many', indexrelname: 'event_many_array_idx' }
    t.equal(value('pg_stat_user_indexes_idx_scan_total', gin), 0)
    t.equal(value('pg_stat_user_indexes_idx_tup_fetch_total', gin), undefined, 'GIN has no index scans that fetch rows')
    t.equal(value('pg_stat_user_indexes_idx_tup_fetch_total', { ...gin, indexrelname: 'event_many_pkey' }), 0)
    t.equal(value('pg_stat_slru_blks_hit_total', { name: 'commit_timestamp' }), undefined, 'track_commit_timestamp is off')
    t.ok(value('pg_stat_slru_blks_hit_total', { name: 'transaction' }) !== undefined)

    await server.sql('platform', ...Array.from({ length: 10 }, (_, number) => `create table busy_${number} as select ${number} as id`))
    const { exporter, samples } = makeExporter({
      ...teamEnvironment(server, 'pgvitals'),
      PGVITALS_QUERIES: '{ stat_user_tables: { rows: 3 }, partition: { rows: 1 } }'
    })
    t.teardown(() => exporter.stop())
    await exporter.pollOnce()
    t.equal(
      sampleValue(await samples(), 'pg_partitioned_table_live_rows', event),
      value('pg_partitioned_table_live_rows', event),
      'a limit on tables does not change the sum'
    )

    const session = await holdSession(server, 'platform')
    t.teardown(() => session.end())
    await session.run('begin', 'lock table only event_1 in access exclusive mode')
    const locked = await poll(server, 'partitioned_table_size')
    t.equal(locked.value('pg_partitioned_table_size_bytes', event), undefined, 'absent, not smaller, while a partition is locked')
    t.equal(locked.value('pg_partitioned_table_partitions', event), 4)
    await session.run('rollback')
  })

  test(`PostgreSQL ${major}: metrics whose tracking setting is off are absent, and the reason is logged once`, async (t) => {
    const server = await startServer({ major, flags: ['autovacuum=off'] })
    t.teardown(() => server.remove())
    await createTeamDatabases(server)
    const set = (...settings: readonly string[]) =>
      server.sql('platform', ...settings.map((setting) => `alter system set ${setting}`), 'select pg_reload_conf()', 'select pg_sleep(0.2)')
    const item = (datname: string) => ({ datname, schemaname: 'public', relname: 'item' })
    const counted = ['blks_hit', 'tup_returned', 'tup_inserted', 'temp_bytes', 'deadlocks', 'conflicts'].map(
      (name) => `pg_stat_database_${name}`
    )

    // Settings of our role do not affect other sessions.
    await server.sql(
      'postgres',
      ...['track_counts = off', 'track_activities = off', 'track_io_timing = on', 'pg_stat_statements.track = none'].map(
        (setting) => `alter role pgvitals set ${setting}`
      )
    )
    const own = await poll(server)
    t.notMatch(own.plan, /tracking is off/, 'a setting of our role disables no query')
    t.equal(own.value('pg_stat_user_tables_n_tup_ins', item('platform')), 100)
    t.equal(own.value('pg_table_autovacuum_enabled', item('platform')), 0, 'the server has autovacuum off')
    t.ok(own.value('pg_table_vacuum_due_ratio', item('platform')) !== undefined)
    for (const name of counted) t.ok(own.value(name, { datname: 'users' }) !== undefined, `${name} is present`)
    t.equal(own.value('pg_stat_database_blk_read_time', { datname: 'users' }), undefined, 'no other session measures I/O times')
    t.ok(allOf(own.all, 'pg_stat_statements_calls_total').length > 0)
    await server.sql('postgres', 'alter role pgvitals reset all')

    // A setting of one database.
    await server.sql('postgres', 'alter database users set track_counts = off', 'alter database users set track_io_timing = on')
    const one = await poll(server)
    t.match(one.plan, /stat_user_tables in users \(tracking is off: track_counts\)/)
    t.notMatch(one.plan, /stat_user_tables in platform/)
    t.equal(one.value('pg_stat_user_tables_n_tup_ins', item('users')), undefined)
    t.equal(one.value('pg_stat_user_tables_n_tup_ins', item('platform')), 100)
    for (const name of counted) {
      t.equal(one.value(name, { datname: 'users' }), undefined, `${name} is absent where it is not counted`)
      t.ok(one.value(name, { datname: 'platform' }) !== undefined, `${name} is present elsewhere`)
    }
    t.ok((one.value('pg_stat_database_xact_commit', { datname: 'users' }) ?? 0) > 0, 'transactions are always counted')
    t.ok((one.value('pg_stat_user_tables_table_size_bytes', item('users')) ?? 0) > 0, 'sizes are no statistics')
    t.ok(one.value('pg_stat_database_blk_read_time', { datname: 'users' }) !== undefined)
    t.equal(one.value('pg_stat_database_blk_read_time', { datname: 'platform' }), undefined)
    await server.sql('postgres', 'alter database users reset all')

    // The server.
    const measured = [
      'pg_stat_database_blk_read_time',
      'pg_stat_io_read_seconds_total',
      'pg_stat_wal_write_seconds_total',
      'pg_stat_statements_block_read_seconds_total'
    ]
    const timed = major === 13 ? measured.filter((name) => !/_(io|wal)_/.test(name)) : measured
    await set('track_io_timing = on', 'pg_stat_statements.track_planning = on', ...(major >= 14 ? ['track_wal_io_timing = on'] : []))
    await server.sql('platform', 'checkpoint', 'select count(*) from item')
    const on = await poll(server)
    for (const name of [...timed, 'pg_stat_statements_plans_total']) t.ok(allOf(on.all, name).length > 0, `${name} is measured`)
    await set(
      ...['track_counts = off', 'track_activities = off', 'track_io_timing = off', 'pg_stat_statements.track_planning = off'],
      ...(major >= 14 ? ['track_wal_io_timing = off'] : [])
    )
    const application = await holdSession(server, 'users', 'users_owner')
    t.teardown(() => application.end())
    await application.run('begin')
    const off = await poll(server)
    for (const name of [...timed, 'pg_stat_statements_plans_total'])
      t.same(allOf(off.all, name), [], `${name} is absent, not constant, once it is switched off`)
    t.same(
      namesOf(off.all, {}, 'pg_').filter((name) =>
        /^pg_(stat_user_(tables|indexes)|statio)_(?!.*size_bytes)|live_rows|index_unused|conflicts|due_ratio/.test(name)
      ),
      [],
      'no statistics of tables'
    )
    for (const name of counted) t.same(allOf(off.all, name), [], `${name} is absent`)
    for (const name of [
      'stat_user_tables in all databases',
      'stat_user_indexes in all databases',
      'index_unused in all databases',
      'stat_database_conflicts'
    ]) {
      t.ok(off.plan.includes(`${name} (tracking is off: track_counts)`), `the log contains the reason why ${name} is skipped`)
    }
    t.equal(off.plan.split('stat_user_tables in all databases').length, 2)

    t.equal(off.value('pg_stat_activity_count', { datname: 'users', state: 'disabled', usename: 'users_owner' }), 1)
    t.equal(off.value('pg_stat_activity_count', { datname: 'users', state: 'idle in transaction' }), undefined, 'unknown, not 0')
    t.equal(off.value('pg_stat_activity_connections', { datname: 'users', state: 'idle in transaction' }), undefined, 'unknown, not 0')
    t.equal(off.value('pg_long_running_transactions'), undefined, 'unknown, not 0')

    for (const setting of ['pg_stat_statements.track = none', ...(major >= 14 ? ['compute_query_id = off'] : [])]) {
      const [name] = setting.split(' =')
      await set(setting)
      const unknown = await poll(server, 'stat_statements')
      t.same(namesOf(unknown.all, {}, 'pg_stat_statements'), [], `${setting}: statements are not counted`)
      t.match(unknown.plan, `stat_statements (tracking is off: ${name})`)
      // One database in which they are counted is sufficient.
      await server.sql('postgres', `alter database labeler set ${name} = ${name === 'compute_query_id' ? 'on' : 'top'}`)
      t.ok(allOf((await poll(server, 'stat_statements')).all, 'pg_stat_statements_calls_total').length > 0)
      await server.sql(
        'postgres',
        `alter system reset ${name}`,
        'alter database labeler reset all',
        'select pg_reload_conf()',
        'select pg_sleep(0.2)'
      )
    }
  })
}

for (const major of [13, 18] as const) {
  test(`PostgreSQL ${major}: temporary files are exported while their query runs`, async (t) => {
    const server = await startServer({ major, flags: ['max_parallel_workers_per_gather=0'] })
    t.teardown(() => server.remove())
    await createTeamDatabases(server)
    const { all: idle } = await poll(server, 'temporary_files', 'stat_database')
    t.same(
      allOf(idle, 'pg_temporary_files').map(({ labels, value }) => [labels.tablespace, value]),
      [['pg_default', 0]]
    )
    t.equal(sampleValue(idle, 'pg_temporary_files_size_bytes'), 0)
    const session = await holdSession(server, 'users')
    t.teardown(() => session.end())
    await session.run(
      "set work_mem = '64kB'",
      'begin',
      'declare sorted cursor for select g from generate_series(1, 300000) as g order by -g',
      'fetch 1 from sorted'
    )
    const { value } = await poll(server, 'temporary_files', 'stat_database')
    t.ok((value('pg_temporary_files', { tablespace: 'pg_default' }) ?? 0) >= 1)
    t.ok((value('pg_temporary_files_size_bytes', { tablespace: 'pg_default' }) ?? 0) > 1e6)
    t.equal(value('pg_stat_database_temp_bytes', { datname: 'users' }), 0, 'the counter has not moved')
  })
}
