-- Number of entries in pg_stat_statements, and their maximum.
--
-- scope:    server
-- interval: 1m
-- name:     pg_stat_statements
-- requires: pg_stat_statements >= 1.8
-- requires: capability pg_stat_statements
--
-- gauge   entries: Entries in pg_stat_statements.
-- gauge   max_entries: Maximum number of entries; beyond it pg_stat_statements evicts the least-executed statements.
select
  pg_catalog.count(*) as entries,
  pg_catalog.current_setting('pg_stat_statements.max')::int8 as max_entries
from public.pg_stat_statements(false);
