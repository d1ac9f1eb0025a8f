import { test } from 'tap'
import { makeExporter } from '../exporter/run-exporter.ts'
import { allOf, sampleValue } from '../page/parse-page.ts'
import { startServer } from '../servers/start-server.ts'
import { createTeamDatabases, teamEnvironment } from '../servers/team-databases.ts'

test('of many tables the largest are exported, and every omitted sample is counted', async (t) => {
  const server = await startServer({ major: 18, flags: ['autovacuum=off', 'max_locks_per_transaction=256'] })
  t.teardown(() => server.remove())
  await createTeamDatabases(server)
  // With `item` there are 620 tables of one page, one of them larger. 310 have two equal indexes, both unused.
  const make = (from: number, to: number) =>
    `do $$ begin for i in ${from} .. ${to} loop
      execute format('create table t%s as select i as id from generate_series(1, %s) as i', i, case when i = 600 then 50000 else 1 end);
      if i % 2 = 0 then
        execute format('create index on t%s (id)', i);
        execute format('create index on t%s (id)', i);
      end if;
    end loop; end $$`
  await server.sql('platform', ...[1, 156, 311, 466].map((from) => make(from, Math.min(from + 154, 619))), 'analyze')
  const { exporter, samples } = makeExporter(teamEnvironment(server, 'pgvitals'), {
    queries: [
      'index_unused',
      'stat_user_indexes_size',
      'stat_user_tables_size',
      'table_duplicate_indexes',
      'table_freeze',
      'table_without_primary_key'
    ]
  })
  t.teardown(() => exporter.stop())
  await exporter.pollOnce()
  const all = await samples()
  const shown = (name: string) => allOf(all, name, { datname: 'platform' }).length
  const dropped = (query: string) => sampleValue(all, 'pgvitals_samples_dropped_total', { datname: 'platform', query, reason: 'rows' })

  // Three databases share the limit of the server.
  for (const [query, name, rows, columns, limit] of [
    ['stat_user_tables_size', 'pg_stat_user_tables_table_size_bytes', 620, 4, 500 / 3],
    ['stat_user_indexes_size', 'pg_stat_user_indexes_size_bytes', 309 * 2 + 1, 1, 300 / 3],
    ['table_freeze', 'pg_table_xid_age', 620, 4, 300 / 3],
    ['table_without_primary_key', 'pg_table_without_primary_key', 619, 1, 100 / 3],
    ['table_duplicate_indexes', 'pg_table_duplicate_indexes_bytes', 309, 2, 100 / 3],
    ['index_unused', 'pg_index_unused_bytes', 309 * 2, 1, 100 / 3]
  ] as const) {
    t.equal(shown(name), Math.ceil(limit), `${query} exports the limit of the server`)
    t.equal(dropped(query), (rows - shown(name)) * columns, `${query} counts the rest of its ${rows} rows`)
  }
  for (const name of ['pg_stat_user_tables_table_size_bytes', 'pg_table_duplicate_indexes_bytes'])
    t.equal(allOf(all, name, { datname: 'platform', relname: 't600' }).length, 1, 'the largest table is exported')
  t.same(
    allOf(all, 'pgvitals_samples_dropped_total', { datname: 'users', reason: 'rows' }),
    [],
    'no sample of the other databases is omitted'
  )
})
