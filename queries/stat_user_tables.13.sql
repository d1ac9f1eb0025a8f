-- Scans, row changes, maintenance, dead rows and block reads of each table, as in pg_stat_user_tables and
-- pg_statio_user_tables.
--
-- scope:    database
-- interval: 15s
-- top:      300 by stat_user_tables_seq_tup_read, stat_user_tables_idx_tup_fetch, stat_user_tables_n_tup_ins,
--    stat_user_tables_n_tup_upd, stat_user_tables_n_tup_del, stat_user_tables_n_dead_tup,
--    statio_user_tables_heap_blocks_read, statio_user_tables_heap_blocks_hit, statio_user_tables_idx_blocks_read,
--    statio_user_tables_idx_blocks_hit
-- name:     pg
-- requires: setting track_counts
--
-- label   schemaname
-- label   relname
-- counter stat_user_tables_seq_scan: Sequential scans initiated; absent for a partitioned table.
-- counter stat_user_tables_seq_tup_read: Live rows fetched by sequential scans; absent for a partitioned table.
-- counter stat_user_tables_idx_scan: Index scans initiated; absent for a table without indexes and for a partitioned table.
-- counter stat_user_tables_idx_tup_fetch: Live rows fetched by index scans; absent for a table without indexes and for a
--    partitioned table.
-- counter stat_user_tables_n_tup_ins: Rows inserted; absent for a partitioned table and on a standby.
-- counter stat_user_tables_n_tup_upd: Rows updated; absent for a partitioned table and on a standby.
-- counter stat_user_tables_n_tup_del: Rows deleted; absent for a partitioned table and on a standby.
-- counter stat_user_tables_n_tup_hot_upd: Rows updated without new index entries (HOT updates); absent for a partitioned table
--    and on a standby.
-- gauge   stat_user_tables_n_live_tup: Estimated number of live rows; absent for a partitioned table and on a standby.
-- gauge   stat_user_tables_n_dead_tup: Estimated number of dead rows; absent for a partitioned table and on a standby.
-- gauge   stat_user_tables_n_mod_since_analyze: Estimated number of rows modified since the table was last analyzed; absent
--    for a partitioned table and on a standby.
-- gauge   stat_user_tables_last_vacuum: Time at which the table was last vacuumed manually, VACUUM FULL not included, as a
--    Unix timestamp; absent if never and on a standby.
-- gauge   stat_user_tables_last_autovacuum: Time at which autovacuum last vacuumed the table, as a Unix timestamp; absent if
--    never and on a standby.
-- gauge   stat_user_tables_last_analyze: Time at which the table was last analyzed manually, as a Unix timestamp; absent if
--    never and on a standby.
-- gauge   stat_user_tables_last_autoanalyze: Time at which autovacuum last analyzed the table, as a Unix timestamp; absent if
--    never and on a standby.
-- counter stat_user_tables_vacuum_count: Manual vacuums, VACUUM FULL not included; absent for a partitioned table and on a
--    standby.
-- counter stat_user_tables_autovacuum_count: Vacuums by autovacuum; absent for a partitioned table and on a standby.
-- counter stat_user_tables_analyze_count: Manual analyzes; absent on a standby.
-- counter stat_user_tables_autoanalyze_count: Analyzes by autovacuum; absent for a partitioned table, which autovacuum does
--    not analyze, and on a standby.
-- counter statio_user_tables_heap_blocks_read: Blocks of the table not found in shared buffers; they may have been read from
--    the cache of the operating system.
-- counter statio_user_tables_heap_blocks_hit: Blocks of the table found in shared buffers.
-- counter statio_user_tables_idx_blocks_read: Blocks of the table's indexes not found in shared buffers; absent for a table
--    without indexes.
-- counter statio_user_tables_idx_blocks_hit: Blocks of the table's indexes found in shared buffers; absent for a table without
--    indexes.
-- counter statio_user_tables_toast_blocks_read: Blocks of the table's TOAST data not found in shared buffers; absent for a
--    table without TOAST.
-- counter statio_user_tables_toast_blocks_hit: Blocks of the table's TOAST data found in shared buffers; absent for a table
--    without TOAST.
-- counter statio_user_tables_tidx_blocks_read: Blocks of the TOAST index not found in shared buffers; absent for a table
--    without TOAST.
-- counter statio_user_tables_tidx_blocks_hit: Blocks of the TOAST index found in shared buffers; absent for a table without
--    TOAST.
-- detail: full
-- gauge   stat_user_tables_n_ins_since_vacuum: Estimated number of rows inserted since the table was last vacuumed, VACUUM
--    FULL not included; absent for a partitioned table and on a standby.
select
  -- The functions that the views call: planning the views and scanning their relations twice would cost more.
  n.nspname as schemaname,
  c.relname,
  k.scans * pg_catalog.pg_stat_get_numscans(c.oid) as stat_user_tables_seq_scan,
  k.scans * pg_catalog.pg_stat_get_tuples_returned(c.oid) as stat_user_tables_seq_tup_read,
  k.scans * i.scans as stat_user_tables_idx_scan,
  k.scans * (i.tuples_fetched + pg_catalog.pg_stat_get_tuples_fetched(c.oid)) as stat_user_tables_idx_tup_fetch,
  k.changes * pg_catalog.pg_stat_get_tuples_inserted(c.oid) as stat_user_tables_n_tup_ins,
  k.changes * pg_catalog.pg_stat_get_tuples_updated(c.oid) as stat_user_tables_n_tup_upd,
  k.changes * pg_catalog.pg_stat_get_tuples_deleted(c.oid) as stat_user_tables_n_tup_del,
  k.changes * pg_catalog.pg_stat_get_tuples_hot_updated(c.oid) as stat_user_tables_n_tup_hot_upd,
  k.changes * pg_catalog.pg_stat_get_live_tuples(c.oid) as stat_user_tables_n_live_tup,
  k.changes * pg_catalog.pg_stat_get_dead_tuples(c.oid) as stat_user_tables_n_dead_tup,
  k.changes * pg_catalog.pg_stat_get_mod_since_analyze(c.oid) as stat_user_tables_n_mod_since_analyze,
  k.changes * pg_catalog.pg_stat_get_ins_since_vacuum(c.oid) as stat_user_tables_n_ins_since_vacuum,
  k.analyzes * extract(epoch from pg_catalog.pg_stat_get_last_vacuum_time(c.oid))::float8 as stat_user_tables_last_vacuum,
  k.analyzes * extract(epoch from pg_catalog.pg_stat_get_last_autovacuum_time(c.oid))::float8 as stat_user_tables_last_autovacuum,
  k.analyzes * extract(epoch from pg_catalog.pg_stat_get_last_analyze_time(c.oid))::float8 as stat_user_tables_last_analyze,
  k.analyzes * extract(epoch from pg_catalog.pg_stat_get_last_autoanalyze_time(c.oid))::float8 as stat_user_tables_last_autoanalyze,
  k.changes * pg_catalog.pg_stat_get_vacuum_count(c.oid) as stat_user_tables_vacuum_count,
  k.changes * pg_catalog.pg_stat_get_autovacuum_count(c.oid) as stat_user_tables_autovacuum_count,
  k.analyzes * pg_catalog.pg_stat_get_analyze_count(c.oid) as stat_user_tables_analyze_count,
  k.changes * pg_catalog.pg_stat_get_autoanalyze_count(c.oid) as stat_user_tables_autoanalyze_count,
  k.scans * (pg_catalog.pg_stat_get_blocks_fetched(c.oid) - pg_catalog.pg_stat_get_blocks_hit(c.oid)) as statio_user_tables_heap_blocks_read,
  k.scans * pg_catalog.pg_stat_get_blocks_hit(c.oid) as statio_user_tables_heap_blocks_hit,
  k.scans * i.blocks_read as statio_user_tables_idx_blocks_read,
  k.scans * i.blocks_hit as statio_user_tables_idx_blocks_hit,
  pg_catalog.pg_stat_get_blocks_fetched(o.relid) - pg_catalog.pg_stat_get_blocks_hit(o.relid) as statio_user_tables_toast_blocks_read,
  pg_catalog.pg_stat_get_blocks_hit(o.relid) as statio_user_tables_toast_blocks_hit,
  x.blocks_read as statio_user_tables_tidx_blocks_read,
  x.blocks_hit as statio_user_tables_tidx_blocks_hit
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
cross join lateral (
  select nullif(c.reltoastrelid, 0) as relid
) as o
left join lateral (
  select
    pg_catalog.sum(pg_catalog.pg_stat_get_numscans(d.indexrelid))::bigint as scans,
    pg_catalog.sum(pg_catalog.pg_stat_get_tuples_fetched(d.indexrelid))::bigint as tuples_fetched,
    pg_catalog.sum(pg_catalog.pg_stat_get_blocks_fetched(d.indexrelid) - pg_catalog.pg_stat_get_blocks_hit(d.indexrelid))::bigint as blocks_read,
    pg_catalog.sum(pg_catalog.pg_stat_get_blocks_hit(d.indexrelid))::bigint as blocks_hit
  from pg_catalog.pg_index as d
  where d.indrelid = c.oid
) as i on true
left join lateral (
  select
    pg_catalog.sum(pg_catalog.pg_stat_get_blocks_fetched(d.indexrelid) - pg_catalog.pg_stat_get_blocks_hit(d.indexrelid))::bigint as blocks_read,
    pg_catalog.sum(pg_catalog.pg_stat_get_blocks_hit(d.indexrelid))::bigint as blocks_hit
  from pg_catalog.pg_index as d
  where d.indrelid = o.relid
) as x on true
-- 1, or null for values that PostgreSQL does not count, because 0 would be false. A partitioned table contains no rows itself;
-- only ANALYZE is counted for it. A standby does not count replayed changes; after a switchover, the values would still be
-- those of the time at which it was the primary.
cross join lateral (
  select
    case when c.relkind <> 'p' then 1 end as scans,
    case when c.relkind <> 'p' and not r.is_standby then 1 end as changes,
    case when not r.is_standby then 1 end as analyzes
  from (select pg_catalog.pg_is_in_recovery() as is_standby) as r
) as k
where
  c.relkind in ('r', 'm', 'p')
  -- Partitioned tables have statistics from PostgreSQL 14 on.
  and (c.relkind <> 'p' or pg_catalog.current_setting('server_version_num')::int >= 140000)
  and n.nspname !~ '^pg_toast|^(pg_catalog|information_schema)$'
  -- The oids of system tables are smaller; the condition allows an index scan.
  and c.oid >= 16384
  -- Temporary tables of other sessions would create an unlimited number of series.
  and c.relpersistence <> 't'
  -- An unlogged table cannot be read on a standby.
  and not (c.relpersistence = 'u' and k.analyzes is null)
-- If there are more tables than the limit, the busiest are kept.
order by
  pg_catalog.pg_stat_get_tuples_returned(c.oid)
  + coalesce(i.tuples_fetched + pg_catalog.pg_stat_get_tuples_fetched(c.oid), 0)
  + pg_catalog.pg_stat_get_tuples_inserted(c.oid)
  + pg_catalog.pg_stat_get_tuples_updated(c.oid)
  + pg_catalog.pg_stat_get_tuples_deleted(c.oid) desc,
  c.oid;
