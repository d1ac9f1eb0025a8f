-- How full pg_stat_statements is, and since when it counts.
--
-- scope:    server
-- interval: 15s
-- name:     pg_stat_statements
-- requires: server >= 14
-- requires: pg_stat_statements >= 1.9
-- requires: capability pg_stat_statements
--
-- counter dealloc_total: Times the least executed statements were thrown out because there was no room.
-- gauge   stats_reset_timestamp_seconds: When all statistics of statements began anew.
select dealloc as dealloc_total, extract(epoch from stats_reset)::float8 as stats_reset_timestamp_seconds
from public.pg_stat_statements_info;
