-- Start time of each running autovacuum, from pg_stat_activity.
--
-- scope:    server
-- interval: 15s
-- requires: capability pg_read_all_stats
--
-- label datname
-- label schemaname
-- label relname
-- gauge timestamp_seconds: Time at which the autovacuum worker started processing this table, as a Unix timestamp.
select
  a.datname,
  -- The text is "autovacuum: VACUUM ANALYZE schema.table (to prevent wraparound)" or "autovacuum: BRIN summarize schema.index
  -- 7".
  pg_catalog.regexp_replace(
    pg_catalog.split_part(a.query, '.', 1), '^autovacuum: (VACUUM ANALYZE|VACUUM|ANALYZE|BRIN summarize) ', ''
  ) as schemaname,
  pg_catalog.regexp_replace(
    pg_catalog.split_part(a.query, '.', 2),
    case when a.query like 'autovacuum: BRIN%' then ' [0-9]+$' else ' [(]to prevent wraparound[)]$' end,
    ''
  ) as relname,
  extract(epoch from pg_catalog.min(a.xact_start))::float8 as timestamp_seconds
from pg_catalog.pg_stat_activity as a
where a.backend_type = 'autovacuum worker' and a.query like 'autovacuum:%'
group by 1, 2, 3
order by timestamp_seconds;
