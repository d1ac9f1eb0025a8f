import { test } from 'tap'
import { startServer } from '../servers/start-server.ts'
import { createTeamDatabases } from '../servers/team-databases.ts'
import { createPoller } from './create-poller.ts'

const { pollServer, pollUntil } = createPoller('archiver_backlog', 'stat_archiver')

const metrics = [
  'pg_stat_archiver_archived_total',
  'pg_stat_archiver_failed_total',
  'pg_stat_archiver_last_archived_timestamp_seconds',
  'pg_stat_archiver_last_failed_timestamp_seconds'
]

for (const major of [13, 18] as const) {
  test(`the archiver of PostgreSQL ${major} fails, its backlog grows, and then it succeeds`, async (t) => {
    const server = await startServer({ major, flags: ['archive_mode=on'] })
    t.teardown(() => server.remove())
    await createTeamDatabases(server)
    const archive = async (command: string) => {
      await server.sql('platform', `alter system set archive_command = '${command}'`, 'select pg_reload_conf()')
      await server.sql('platform', 'create table if not exists moved ()', 'insert into moved default values', 'select pg_switch_wal()')
    }
    await archive('false')
    const failing = await pollUntil(server, ({ value }) => (value('pg_stat_archiver_failed_total') ?? 0) > 0)
    const now = Date.now() / 1000
    t.ok((failing.value('pg_stat_archiver_failed_total') ?? 0) > 0)
    t.equal(
      failing.value('pg_stat_archiver_failed_count'),
      failing.value('pg_stat_archiver_failed_total'),
      'the inherited name has the same value'
    )
    t.equal(failing.value('pg_stat_archiver_last_archive_age'), undefined, 'absent without an archived file')
    t.equal(failing.value('pg_stat_archiver_archived_total'), 0)
    t.ok(Math.abs(now - (failing.value('pg_stat_archiver_last_failed_timestamp_seconds') ?? 0)) < 10)
    t.equal(failing.value('pg_stat_archiver_last_archived_timestamp_seconds'), undefined, 'absent without an archived file')
    const [truth] = await server.sql(
      'platform',
      "select count(*)::int as files from pg_ls_dir('pg_wal/archive_status') as name where name like '%.ready'"
    )
    const waiting = Number(truth?.files)
    t.ok(waiting > 0)
    t.equal(failing.value('pg_archiver_backlog_files'), waiting)
    const age = failing.value('pg_archiver_backlog_oldest_age_seconds') ?? -1
    t.ok(age > 0 && age < 20, `the oldest file waits for ${age} s`)

    await archive('true')
    const working = await pollUntil(server, ({ value }) => (value('pg_stat_archiver_archived_total') ?? 0) > waiting)
    t.equal(working.value('pg_stat_archiver_archived_total'), waiting + 1, 'the waiting files and the new one')
    t.equal(working.value('pg_stat_archiver_archived_count'), waiting + 1, 'the inherited name has the same value')
    t.ok(
      (working.value('pg_stat_archiver_last_archived_timestamp_seconds') ?? 0) >
        (working.value('pg_stat_archiver_last_failed_timestamp_seconds') ?? Infinity),
      'the success is newer than the failure'
    )
    const archivedAgo = Date.now() / 1000 - (working.value('pg_stat_archiver_last_archived_timestamp_seconds') ?? 0)
    const archiveAge = working.value('pg_stat_archiver_last_archive_age') ?? -1
    t.ok(archiveAge > 0 && archiveAge <= archivedAgo && archiveAge > archivedAgo - 5, `${archiveAge} s since the last`)
    t.equal(working.value('pg_archiver_backlog_files'), 0)
    t.equal(working.value('pg_archiver_backlog_oldest_age_seconds'), undefined)
    t.ok((working.value('pg_stat_archiver_stats_reset_timestamp_seconds') ?? 0) > now - 60)
  })
}

test('without archive_mode the archiver exports nothing', async (t) => {
  const server = await startServer({ major: 17 })
  t.teardown(() => server.remove())
  await createTeamDatabases(server)
  const { value } = await pollServer(server)
  for (const metric of [...metrics, 'pg_archiver_backlog_files']) t.equal(value(metric), undefined, metric)
  t.equal(value('pg_stat_archiver_archived_count'), 0, 'except the inherited counters')
})
