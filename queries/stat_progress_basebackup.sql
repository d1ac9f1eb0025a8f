-- How far the base backups have come, from pg_stat_progress_basebackup.
--
-- scope:    server
-- interval: 30s
-- requires: capability pg_read_all_stats
--
-- label phase
-- gauge backups: Base backups that are in this phase now; absent when none runs.
-- gauge size_bytes: Size of these backups as it was estimated; absent where one is not known.
-- gauge streamed_bytes: Bytes of these backups streamed so far.
-- gauge tablespaces: Tablespaces to be streamed; absent where one is not known yet.
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
