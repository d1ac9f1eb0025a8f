import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { makeExporter, until } from '../exporter/run-exporter.ts'
import { allOf } from '../page/parse-page.ts'
import { startServer } from '../servers/start-server.ts'
import { createTeamDatabases } from '../servers/team-databases.ts'
import { createPoller } from './create-poller.ts'
import { holdSession } from './held-session.ts'

const { pollUntil } = createPoller('stat_progress_copy')

for (const major of [14, 17] as const) {
  test(`PostgreSQL ${major}: the progress of COPY is exported to roles that may see it`, async (t) => {
    const server = await startServer({ major })
    t.teardown(() => server.remove())
    await createTeamDatabases(server)
    const file = join(server.dataDirectory, 'rows')
    const text = ['3', ...(major >= 17 ? ['three', 'four'] : []), ...Array.from({ length: 2000 }, (_, index) => index)].join('\n')
    writeFileSync(file, text)
    await server.sql(
      'platform',
      'create table target (id int)',
      "create function slow() returns trigger language plpgsql as 'begin perform pg_sleep(0.05); return new; end'",
      'create trigger slow before insert on target for each row execute function slow()'
    )
    const into = await holdSession(server, 'platform')
    into.send(`copy target from '${file}' with (format csv${major >= 17 ? ', on_error ignore' : ''}) where id > 2`)
    const out = await holdSession(server, 'platform')
    out.send("copy item to program 'cat > /dev/null; sleep 60'")
    const own = await holdSession(server, 'platform')
    await own.run('create temporary table own as select 1 as id')
    own.send("copy own to program 'cat > /dev/null; sleep 60'")
    await until('three commands run', 10, async () => (await server.sql('platform', 'select from pg_stat_progress_copy')).length === 3)
    const from = { datname: 'platform', schemaname: 'public', relname: 'target', command: 'COPY FROM', type: 'FILE' }
    const result = await pollUntil(server, ({ value }) => (value('pg_stat_progress_copy_tuples_processed', from) ?? 0) > 2)
    const copied = (name: string) => result.value(name, from)
    t.equal(copied('pg_stat_progress_copy_sessions'), 1)
    const rows = copied('pg_stat_progress_copy_tuples_processed') ?? 0
    t.ok(rows > 2 && rows < 1998, `${rows} rows`)
    t.equal(copied('pg_stat_progress_copy_size_bytes'), text.length)
    t.ok(
      (copied('pg_stat_progress_copy_processed_bytes') ?? 0) > 0 && (copied('pg_stat_progress_copy_processed_bytes') ?? 0) <= text.length
    )
    t.equal(copied('pg_stat_progress_copy_tuples_excluded'), 3)
    t.equal(copied('pg_stat_progress_copy_tuples_skipped'), major >= 17 ? 2 : undefined)
    const to = { datname: 'platform', relname: 'item', command: 'COPY TO', type: 'PROGRAM' }
    t.equal(result.value('pg_stat_progress_copy_tuples_processed', to), 100)
    t.equal(result.value('pg_stat_progress_copy_size_bytes', to), undefined, 'absent, because the total is unknown')
    t.same(
      allOf(result.samples, 'pg_stat_progress_copy_sessions', { relname: 'own' }),
      [],
      'the schema of a temporary table is named for its session'
    )

    const { exporter, samples } = makeExporter(
      { DATABASE_URL: server.url('platform', 'platform_owner') },
      { queries: ['stat_progress_copy'] }
    )
    t.teardown(() => exporter.stop())
    await exporter.pollOnce()
    const limited = await samples()
    t.same(allOf(limited, 'pg_stat_progress_copy_sessions'), [], "an owner does not see the superuser's command")
    t.equal(allOf(limited, 'pgvitals_query_success', { query: 'stat_progress_copy' })[0]?.value, 1)
  })
}
