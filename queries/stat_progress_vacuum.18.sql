-- Progress of each VACUUM, from pg_stat_progress_vacuum. Temporary tables are omitted.
--
-- scope:    database
-- interval: 30s
-- during:   vacuum
--
-- label schemaname
-- label relname
-- gauge heap_blks: Blocks of the table when its scan began.
-- gauge heap_blks_scanned: Blocks of the table scanned so far.
-- gauge heap_blks_vacuumed: Blocks of the table vacuumed so far.
-- gauge index_vacuums: Index vacuum cycles completed.
-- gauge num_dead_tuples: Dead tuples collected since the last index vacuum cycle; from PostgreSQL 17 on, dead item
--    identifiers.
-- gauge max_dead_tuple_bytes: Bytes of dead tuple data that can be stored before an index vacuum cycle is needed; absent
--    before PostgreSQL 17.
-- gauge dead_tuple_bytes: Bytes of dead tuple data collected since the last index vacuum cycle; absent before PostgreSQL 17.
-- gauge indexes: Indexes to be vacuumed or cleaned up in this phase; absent in other phases and before PostgreSQL 17.
-- gauge indexes_processed: Indexes vacuumed or cleaned up so far in this phase; absent in other phases and before PostgreSQL
--    17.
-- gauge delay_seconds: Time spent sleeping due to cost-based delay so far; absent without track_cost_delay_timing and before
--    PostgreSQL 18.
select
  n.nspname as schemaname,
  c.relname,
  p.heap_blks_total as heap_blks,
  p.heap_blks_scanned,
  p.heap_blks_vacuumed,
  p.index_vacuum_count as index_vacuums,
  p.num_dead_item_ids as num_dead_tuples,
  p.max_dead_tuple_bytes,
  p.dead_tuple_bytes,
  nullif(p.indexes_total, 0) as indexes,
  case when p.indexes_total > 0 then p.indexes_processed end as indexes_processed,
  case when p.delay_time > 0 or pg_catalog.current_setting('track_cost_delay_timing') = 'on' then p.delay_time / 1000 end as delay_seconds
from pg_catalog.pg_stat_progress_vacuum as p
join pg_catalog.pg_class as c on c.oid = p.relid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where p.datname = pg_catalog.current_database() and c.relpersistence <> 't';
