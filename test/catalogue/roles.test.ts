import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { startServer, startStandby, type TestServer } from '../servers/start-server.ts'
import { createTeamDatabases } from '../servers/team-databases.ts'
import { createPoller, type PollResult } from './create-poller.ts'
import { holdSession } from './held-session.ts'

const { pollServer, pollUntil } = createPoller(
  'archiver_backlog',
  'prepared_xacts',
  'replication',
  'replication_slots',
  'replication_slots_wal_status',
  'stat_archiver',
  'stat_checkpointer',
  'stat_recovery_prefetch',
  'stat_replication_connections',
  'stat_subscription',
  'stat_wal_receiver',
  'wal_position',
  'wal_replay_pause_state',
  'xmin_horizon'
)

/**
 * The metrics of one server in each of its roles: a value, `+` for any value, `-` for absent.
 *
 * - primary: archive_mode = on, and archive_command fails. restarted: the same with archive_mode = off.
 * - standby: streams from the primary through a temporary slot, with its archive_mode = on. paused: replay is paused, with hot_standby_feedback.
 * - cut off: the primary is down. promoted: primary_conninfo remains set.
 * - archive only: the former primary as a standby without primary_conninfo. demoted: it streams from the promoted standby.
 * - archiving: with archive_mode = always, and with a cascading standby.
 */
const matrix = `
                                                               primary standby paused cut_off promoted archive_only demoted archiving restarted
pg_replication_is_replica                                      0       1       1      1       0        1            1       1         0
pg_replication_lag_seconds                                     0       +       +      +       0        -            +       +         0
pg_replication_last_replay_seconds                             -       +       +      +       -        -            +       +         -
pg_replication_receiver_connected                              -       1       1      0       -        -            1       1         -
pg_replication_receiver_last_message_age_seconds               -       +       +      -       -        -            +       +         -
pg_replication_unreplayed_bytes                                -       0       +      0       -        -            0       0         -
pg_stat_wal_receiver_flushed_lsn{slot_name="(temporary)"}      -       +       +      -       -        -            +       +         -
pg_wal_position_written_bytes_total                            +       -       -      -       +        -            -       -         +
pg_wal_position_received_bytes_total                           -       +       +      +       -        -            +       +         -
pg_wal_position_replayed_bytes_total                           -       +       +      +       -        +            +       +         -
pg_wal_replay_pause_state{state="paused"}                      -       0       1      0       -        0            0       0         -
pg_stat_recovery_prefetch_hit_total                            -       +       +      +       -        +            +       +         -
pg_stat_archiver_archived_count                                0       -       -      -       +        -            -       +         +
pg_stat_archiver_failed_count                                  +       -       -      -       +        -            -       +         +
pg_stat_archiver_archived_total                                0       -       -      -       +        -            -       +         -
pg_stat_archiver_failed_total                                  +       -       -      -       +        -            -       +         -
pg_stat_archiver_last_failed_timestamp_seconds                 +       -       -      -       *        -            -       *         -
pg_stat_archiver_last_archived_timestamp_seconds               -       -       -      -       *        -            -       *         -
pg_stat_archiver_last_archive_age                              -       -       -      -       *        -            -       *         -
pg_archiver_backlog_files                                      +       -       -      -       +        -            -       +         -
pg_archiver_backlog_oldest_age_seconds                         +       -       -      -       *        -            -       *         -
pg_prepared_xacts{datname="users"}                             0       -       -      -       0        -            -       -         0
pg_stat_subscription_enabled{subname="unused"}                 0       -       -      -       0        -            -       -         0
pg_replication_slots_pg_wal_lsn_diff{slot_name="kept"}         +       +       +      +       +        +            +       +         +
pg_replication_slots_safe_wal_size_bytes{slot_name="kept"}     +       -       -      -       +        -            -       -         +
pg_replication_slots_safe_wal_size_bytes{slot_name="unused"}   -       -       -      -       -        -            -       -         -
pg_replication_slots_wal_status{slot_name="kept"}              1       -       -      -       1        -            -       -         1
pg_stat_replication_connections{kind="physical",state="streaming"} 1   0       0      0       1        0            0       1         0
pg_replication_slots_active{slot_name="(temporary)"}           1       -       -      -       1        -            -       1         -
pg_xmin_horizon_age{datname="users",holder="session"}          +       -       +      -       +        -            -       -         -
`

const [header = '', ...lines] = matrix.trim().split('\n')
const roles = header.trim().split(/ +/)
const rows = lines.map((line) => {
  const [series = '', ...cells] = line.split(/ +/)
  const [name = '', labels = ''] = series.split(/[{}]/)
  const pairs = [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, label = '', value = '']) => [label, value])
  return { series, name, labels: Object.fromEntries(pairs) as Record<string, string>, cells }
})

/** Whether a value matches a cell of the matrix. */
const fits = (cell: string | undefined, value: number | undefined) =>
  cell === '*' || (cell === '-' ? value === undefined : cell === '+' ? value !== undefined : value === Number(cell))

for (const major of [13, 18] as const) {
  test(`PostgreSQL ${major} exports the series of its current role, not of its previous one`, async (t) => {
    const first = await startServer({ major, flags: ['autovacuum=off', 'max_prepared_transactions=5', 'wal_keep_size=256MB'] })
    t.teardown(() => first.remove())
    await createTeamDatabases(first)
    const known = rows.filter(({ name }) => major >= 15 || !name.startsWith('pg_stat_recovery_prefetch'))
    /** Polls until the server is in the state of its column. */
    const is = async (role: string, server: TestServer) => {
      const column = roles.indexOf(role)
      const wrong = ({ value }: PollResult) => known.filter(({ name, labels, cells }) => !fits(cells[column], value(name, labels)))
      const result = await pollUntil(server, (result) => wrong(result).length === 0)
      t.same(
        wrong(result).map(({ series, name, labels, cells }) => `${series} ${cells[column]}, not ${result.value(name, labels)}`),
        [],
        role
      )
    }
    const configure = (server: TestServer, ...settings: string[]) =>
      server.sql('postgres', ...settings.map((setting) => `alter system set ${setting}`), 'select pg_reload_conf()')
    const read = async (server: TestServer) => {
      const reader = await holdSession(server, 'users')
      await reader.run('begin isolation level repeatable read', 'select count(*) from item')
    }
    const write = (server: TestServer) =>
      server.sql('users', 'create table if not exists moved ()', 'insert into moved default values', 'select pg_switch_wal()')

    await configure(
      first,
      "archive_mode = 'on'",
      "archive_command = 'false'",
      "max_slot_wal_keep_size = '1GB'",
      "wal_level = 'logical'",
      "wal_receiver_create_temp_slot = 'on'"
    )
    await first.stop()
    await first.start()
    await first.sql(
      'postgres',
      "create role reader login password 'secret' in role pg_read_all_stats",
      "select pg_create_physical_replication_slot('kept', true)",
      "select pg_create_physical_replication_slot('unused')"
    )
    await first.sql(
      'users',
      "create subscription unused connection 'host=127.0.0.1' publication p with (connect = false, slot_name = none)"
    )
    await write(first)
    await pollUntil(first, ({ value }) => (value('pg_stat_archiver_failed_count') ?? 0) > 0)

    // The standby has the statistics and the slots of the stopped primary.
    const second = await startStandby(first)
    t.teardown(() => second.remove())
    await read(first)
    await write(first)
    await is('primary', first)
    await read(second)
    await is('standby', second)
    await configure(second, "hot_standby_feedback = 'on'")
    await second.sql('postgres', 'select pg_wal_replay_pause()')
    await is('paused', second)
    await second.sql('postgres', 'select pg_wal_replay_resume()')
    await write(first)
    await first.stop()
    await is('cut_off', second)
    // Without pg_read_all_settings, a former WAL receiver shows that primary_conninfo is set.
    const asReader = async (server: TestServer) =>
      (await pollServer(server, { database: 'postgres', user: 'reader' })).value('pg_replication_receiver_connected')
    t.equal(await asReader(second), 0)

    await second.sql('postgres', 'select pg_promote()')
    writeFileSync(join(first.dataDirectory, 'standby.signal'), '')
    await first.start()
    await read(first)
    await is('archive_only', first)
    t.equal(await asReader(first), undefined)
    await configure(first, `primary_conninfo = 'host=127.0.0.1 port=${second.port} user=postgres password=secret dbname=postgres'`)
    await write(second)
    await is('demoted', first)
    await is('promoted', second)
    await configure(first, "archive_mode = 'always'")
    const third = await startStandby(first)
    t.teardown(() => third.remove())
    await write(second)
    await is('archiving', first)

    await configure(second, "archive_mode = 'off'")
    await first.stop()
    await second.stop()
    await second.start()
    await is('restarted', second)
  })
}
