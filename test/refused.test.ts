import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'tap'
import { makeExporter } from './exporter/run-exporter.ts'
import { allOf, sampleValue } from './page/parse-page.ts'
import { createTeam } from './servers/create-team.ts'
import { refuse } from './servers/refuse.ts'

const hour = 3_600_000

for (const major of [13, 18] as const) {
  test(`of functions that Aurora refuses, the columns are missing on PostgreSQL ${major}`, async (t) => {
    const team = await createTeam(major)
    const { server, platform } = team
    const names = [
      'pg_last_wal_receive_lsn',
      'pg_last_wal_replay_lsn',
      'pg_last_xact_replay_timestamp',
      'pg_stat_wal_receiver',
      'pg_control_system'
    ]
    for (const name of names) await refuse(server, platform, name)
    const restore = await refuse(server, platform, 'pg_current_wal_lsn', { code: '55000' })
    await server.sql(
      platform,
      'create table hidden (id int)',
      'create schema app',
      'create function app.depth() returns int language sql as $$ select 1 $$'
    )
    await server.sql(platform, 'revoke execute on function app.depth() from public', `grant usage on schema app to ${team.monitor}`)
    const folder = mkdtempSync(join(tmpdir(), 'pgvitals-'))
    const header = '-- Queue.\n--\n-- scope: database\n--\n-- gauge depth: Depth.\n-- gauge one: One.\n'
    writeFileSync(join(folder, 'queue.sql'), `${header}select app.depth() as depth, 1 as one;\n`)
    writeFileSync(join(folder, 'queue_table.sql'), `${header}select h.id as depth, 1 as one from public.hidden as h;\n`)
    let skipped = 0
    const { exporter, samples, logged } = makeExporter(
      { DATABASE_URL: team.url('platform'), PGVITALS_QUERIES_DIR: folder },
      {
        clock: { now: () => performance.now() + skipped },
        queries: [
          'replication',
          'wal_position',
          'server_info',
          'replication_slots',
          'stat_wal_receiver',
          'database_size',
          'queue',
          'queue_table'
        ]
      }
    )
    t.teardown(() => exporter.stop())
    const poll = async (laterMs: number) => {
      skipped += laterMs
      await exporter.pollOnce()
      return await samples()
    }
    const errors = (page: Awaited<ReturnType<typeof samples>>) =>
      allOf(page, 'pgvitals_errors_total').reduce((sum, { value }) => sum + value, 0)
    const page = await poll(0)
    t.equal(sampleValue(page, 'pg_replication_is_replica'), 0)
    t.equal(allOf(page, 'pg_server_info').length, 1)
    t.equal(sampleValue(page, 'pg_queue_one', { datname: platform }), 1, 'a function of a team costs one column too')
    t.equal(sampleValue(page, 'pg_queue_depth'), undefined)
    t.equal(sampleValue(page, 'pg_wal_position_written_bytes_total'), undefined)
    t.same(
      allOf(page, 'pgvitals_query_success').filter(({ value }) => value !== 1),
      [],
      'no query fails'
    )
    t.equal(
      sampleValue(page, 'pgvitals_query_refused', { query: 'wal_position', part: 'pg_catalog.pg_current_wal_lsn()', class: 'unsupported' }),
      1
    )
    t.equal(sampleValue(page, 'pgvitals_query_refused', { query: 'queue_table', part: 'public.hidden', class: 'privilege' }), 1)
    t.equal(logged.filter(({ msg }) => /the server refuses pg_catalog.pg_current_wal_lsn\(\)/.test(String(msg))).length, 1)

    t.equal(errors(await poll(15_000)), errors(page), 'nothing is refused again in the next cycle')
    await server.sql(platform, `grant execute on function app.depth() to ${team.monitor}`, `grant select on hidden to ${team.monitor}`)
    await restore()
    const granted = await poll(15_000)
    t.equal(sampleValue(granted, 'pg_queue_depth', { datname: platform }), 1, 'a granted privilege is noticed at once')
    t.equal(sampleValue(granted, 'pgvitals_query_success', { datname: platform, query: 'queue_table' }), 1)
    t.equal(sampleValue(granted, 'pg_wal_position_written_bytes_total'), undefined)
    t.ok(sampleValue(await poll(hour), 'pg_wal_position_written_bytes_total'), 'a function is tried again after an hour')
  })
}
