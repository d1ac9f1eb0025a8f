import pg from 'pg'
import { test } from 'tap'
import { loadQueries } from '../../src/query/load.ts'
import type { Query } from '../../src/query/query.ts'
import { until } from '../exporter/run-exporter.ts'
import { createTeam } from '../servers/create-team.ts'
import { majors } from '../servers/start-server.ts'

/** The newest variant of a query for this major version. */
function sqlOf(name: string, major: number): string {
  const variants = loadQueries().filter((query) => query.name === name && (query.variant?.[0] ?? 0) <= major)
  const newest = variants.reduce<Query | undefined>(
    (best, next) => ((best?.variant?.[0] ?? 0) > (next.variant?.[0] ?? 0) ? best : next),
    undefined
  )
  return newest?.sql ?? ''
}

/** The values of these columns, as `<prefix>_<column>`. */
function columns(prefix: string, names: readonly string[], factor: string, renames: Readonly<Record<string, string>> = {}): string[] {
  return names.map((name) => `${factor}t.${name} as ${prefix}_${renames[name] ?? name}`)
}

const times = ['last_vacuum', 'last_autovacuum', 'last_analyze', 'last_autoanalyze']

/** The values of the tables as the views of PostgreSQL return them; null for what a partitioned table does not count. */
function tablesOf(major: number): string {
  const own = [
    ...['seq_scan', 'seq_tup_read', 'idx_scan', 'idx_tup_fetch', 'n_tup_ins', 'n_tup_upd', 'n_tup_del', 'n_tup_hot_upd', 'n_live_tup'],
    ...['n_dead_tup', 'n_mod_since_analyze', 'n_ins_since_vacuum', 'vacuum_count', 'autovacuum_count', 'autoanalyze_count'],
    ...(major >= 16 ? ['n_tup_newpage_upd'] : [])
  ]
  const blocks = ['heap', 'idx', 'toast', 'tidx'].flatMap((what) => [`${what}_blks_read`, `${what}_blks_hit`])
  const one = "(case when c.relkind <> 'p' then 1 end) * "
  return `select t.schemaname, t.relname, t.analyze_count as stat_user_tables_analyze_count, ${[
    ...columns('stat_user_tables', own, one, { n_tup_newpage_upd: 'n_tup_newpage_upd_total' }),
    ...times.map((name) => `extract(epoch from t.${name})::float8 as stat_user_tables_${name}`),
    ...(major >= 16
      ? ['seq', 'idx'].map(
          (kind) => `extract(epoch from t.last_${kind}_scan)::float8 as stat_user_tables_last_${kind}_scan_timestamp_seconds`
        )
      : []),
    ...(major >= 18
      ? ['vacuum', 'autovacuum', 'analyze', 'autoanalyze'].map(
          (kind) => `${kind === 'analyze' ? '' : one}t.total_${kind}_time / 1000 as stat_user_tables_${kind}_seconds_total`
        )
      : []),
    ...blocks.map((name) => `o.${name} as statio_user_tables_${name.replace('blks', 'blocks')}`)
  ].join(', ')}
  from pg_stat_user_tables as t
  join pg_class as c on c.oid = t.relid
  left join pg_statio_user_tables as o on o.relid = t.relid
  where c.relpersistence <> 't'`
}

function indexesOf(major: number): string {
  return `select t.schemaname, t.relname, t.indexrelname, ${[
    ...columns('stat_user_indexes', ['idx_scan', 'idx_tup_read'], '', { idx_scan: 'idx_scan_total', idx_tup_read: 'idx_tup_read_total' }),
    "case when pg_index_has_property(t.indexrelid, 'index_scan') then t.idx_tup_fetch end as stat_user_indexes_idx_tup_fetch_total",
    ...(major >= 16 ? ['extract(epoch from t.last_idx_scan)::float8 as stat_user_indexes_last_idx_scan_timestamp_seconds'] : []),
    'o.idx_blks_read as statio_user_indexes_idx_blks_read_total, o.idx_blks_hit as statio_user_indexes_idx_blks_hit_total'
  ].join(', ')}
  from pg_stat_user_indexes as t
  join pg_class as c on c.oid = t.indexrelid
  join pg_statio_user_indexes as o on o.indexrelid = t.indexrelid
  where c.relpersistence <> 't'`
}

const sequences = `select t.schemaname, t.relname as sequencename, t.blks_read as blks_read_total, t.blks_hit as blks_hit_total
  from pg_statio_user_sequences as t join pg_class as c on c.oid = t.relid where c.relpersistence <> 't'`

for (const major of majors) {
  test(`PostgreSQL ${major}: the functions return the values of the views, row by row`, async (t) => {
    const team = await createTeam(major)
    await team.server.sql(
      team.platform,
      'create schema "Mixed case"',
      'create table "Mixed case"."a.b" (id serial primary key, note text, tags text[])',
      'create index on "Mixed case"."a.b" using gin (tags)',
      'create index on "Mixed case"."a.b" (note)',
      'create table narrow (id int)',
      'create unlogged table fast (id int primary key)',
      'create table part (id int, note text) partition by range (id)',
      'create table part_1 partition of part (primary key (id)) for values from (0) to (100)',
      'create index on part (note)',
      'create materialized view totals as select count(*) as items from item',
      `insert into "Mixed case"."a.b" (note, tags) select repeat('x', 100), array['a', 'b'] from generate_series(1, 50)`,
      `alter table "Mixed case"."a.b" alter note set storage external`,
      `insert into "Mixed case"."a.b" (note) values (repeat('y', 2600))`,
      `update "Mixed case"."a.b" set note = 'z' where id < 10`,
      `delete from "Mixed case"."a.b" where id = 20`,
      'insert into narrow select generate_series(1, 10)',
      'insert into part select g, null from generate_series(1, 10) as g',
      'set enable_seqscan = off',
      'select note from "Mixed case"."a.b" where id = 30',
      'select length(note) from "Mixed case"."a.b" where id = 51',
      'vacuum analyze "Mixed case"."a.b"',
      'analyze part'
    )
    const client = new pg.Client({ connectionString: team.url('platform') })
    await client.connect()
    t.teardown(() => client.end())
    await client.query('create temporary table mine (id serial primary key)')
    // Before PostgreSQL 15, the statistics of an ended session arrive late.
    await until('the statistics arrive', 10, async () => {
      const indexes = 'select from pg_stat_user_indexes where idx_scan > 0'
      const sequences = 'select from pg_statio_user_sequences where blks_hit > 0'
      const { rows } = await client.query(`select exists (${indexes}) and exists (${sequences}) as arrived`)
      return rows[0]?.arrived === true
    })
    // In one transaction all statements see the same statistics.
    await client.query('begin')
    if (major >= 15) await client.query('set stats_fetch_consistency = snapshot')
    const pairs: Record<string, readonly [string, string]> = {
      stat_user_tables: [tablesOf(major), 'stat_user_tables_n_tup_ins'],
      stat_user_indexes: [indexesOf(major), 'stat_user_indexes_idx_scan_total'],
      statio_user_sequences: [sequences, 'blks_hit_total']
    }
    for (const [name, [views, counter]] of Object.entries(pairs)) {
      const result = await client.query(sqlOf(name, major))
      const expected = await client.query(views)
      const sorted = (rows: readonly Record<string, unknown>[]) =>
        rows
          .map((row) => Object.fromEntries(Object.entries(row).sort(([one], [other]) => (one < other ? -1 : 1))))
          .map((row) => JSON.stringify(row))
          .sort()
      t.same(sorted(result.rows), sorted(expected.rows), name)
      t.ok(result.rows.length > 0 && result.rows.some((row) => Number(row[counter]) > 0), `${name} contains activity`)
      const types = ({ fields }: pg.QueryResult) => Object.fromEntries(fields.map((field) => [field.name, field.dataTypeID]))
      t.same(types(result), types(expected), `the types of ${name}`)
    }
    await client.query('rollback')
  })
}
