import { test } from 'tap'
import { makeExporter, onlyEverySecond, until } from '../exporter/run-exporter.ts'
import { allOf } from '../page/parse-page.ts'
import { startServer } from '../servers/start-server.ts'
import { createTeamDatabases } from '../servers/team-databases.ts'
import { holdSession } from './held-session.ts'

for (const major of [13, 18] as const) {
  test(`PostgreSQL ${major}: the rows of statements are counted, and their I/O times while they are measured`, async (t) => {
    // The table exceeds the buffers, so each scan reads it, and a change writes out other dirty pages.
    const server = await startServer({ major, flags: ['shared_buffers=1MB', 'autovacuum=off', 'track_io_timing=on'] })
    t.teardown(() => server.remove())
    await createTeamDatabases(server)
    await server.sql('users', 'create table load (id int, note text)', 'grant all on load to users_owner')
    const client = await holdSession(server, 'users', 'users_owner')
    t.teardown(() => client.end())
    await client.run('select 1')
    const environment = { DATABASE_URL: server.url('platform', 'pgvitals'), PGVITALS_QUERIES: onlyEverySecond('stat_statements') }
    const { exporter, samples } = makeExporter(environment)
    t.teardown(() => exporter.stop())
    exporter.start()
    await until('the statements so far are known', 10, () => exporter.isReady())
    // Increments are shown once every scraper has seen the series at 0.
    for (let scrape = 0; scrape < 2; scrape++) exporter.scraped('prometheus')
    const change = 'update load set note = upper(note) where id > 0'
    await client.run(
      'insert into load select g, repeat(md5(g::text), 10) from generate_series(1, 5000) as g',
      change,
      change,
      'select note from load',
      'select note from load'
    )
    const total = async (name: string) =>
      allOf(await samples(), name, { datname: 'users', user: 'users_owner' }).reduce((sum, { value }) => sum + value, 0)
    await until('all five are counted', 30, async () => {
      exporter.scraped('prometheus')
      return (await total('pg_stat_statements_calls_total')) === 5
    })
    t.equal(await total('pg_stat_statements_rows_total'), 5 * 5000)
    const seconds = await total('pg_stat_statements_seconds_total')
    for (const name of ['pg_stat_statements_block_read_seconds_total', 'pg_stat_statements_block_write_seconds_total']) {
      const part = await total(name)
      t.ok(part > 0 && part < seconds, `${name}: ${part} of ${seconds} s`)
    }
  })
}
