-- Evictions from pg_stat_statements and the time of its last reset.
--
-- scope:    server
-- interval: 15s
-- name:     pg_stat_statements
-- requires: server >= 14
-- requires: pg_stat_statements >= 1.9
-- requires: capability pg_stat_statements
--
-- counter dealloc_total: Times pg_stat_statements evicted the least-executed statements because it was full.
-- gauge   stats_reset_timestamp_seconds: Time of the last reset of all statement statistics, as a Unix timestamp.
select dealloc as dealloc_total, extract(epoch from stats_reset)::float8 as stats_reset_timestamp_seconds
from public.pg_stat_statements_info();
