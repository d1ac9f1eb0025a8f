-- Progress of base backups by phase, from pg_stat_progress_basebackup.
--
-- scope:    server
-- interval: 30s
-- requires: capability pg_read_all_stats
--
-- label phase
-- gauge backups: Base backups in this phase; absent if none is running.
-- gauge size_bytes: Estimated total size of these backups; absent if the estimate of one is not available.
-- gauge streamed_bytes: Bytes of these backups streamed so far.
-- gauge tablespaces: Tablespaces to be streamed; absent if the number of one backup is not known yet.
-- gauge tablespaces_streamed: Tablespaces streamed so far.
select
  p.phase,
  pg_catalog.count(*) as backups,
  case when pg_catalog.bool_and(p.backup_total > 0) then pg_catalog.sum(p.backup_total) end as size_bytes,
  pg_catalog.sum(p.backup_streamed) as streamed_bytes,
  case when pg_catalog.bool_and(p.tablespaces_total > 0) then pg_catalog.sum(p.tablespaces_total) end as tablespaces,
  pg_catalog.sum(p.tablespaces_streamed) as tablespaces_streamed
from pg_catalog.pg_stat_progress_basebackup as p
group by p.phase;
