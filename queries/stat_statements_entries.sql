-- How many statements pg_stat_statements holds, and how many it can hold.
--
-- scope:    server
-- interval: 1m
-- name:     pg_stat_statements
-- requires: pg_stat_statements >= 1.8
-- requires: capability pg_stat_statements
--
-- gauge   entries: Statements that pg_stat_statements holds.
-- gauge   max_entries: Statements that it can hold before it throws out the least executed ones.
select
  pg_catalog.count(*) as entries,
  pg_catalog.current_setting('pg_stat_statements.max')::int8 as max_entries
from public.pg_stat_statements(false);
