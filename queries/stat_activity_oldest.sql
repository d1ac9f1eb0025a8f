-- Oldest transaction, statement and idle transaction by database and user, from pg_stat_activity, without the exporter's
-- session and without users whose sessions the role cannot see.
--
-- scope:    server
-- detail:   minimal
-- merge:    datname
-- interval: 15s
--
-- label datname
-- label usename
-- gauge transaction_seconds: Seconds since the oldest open transaction of a client began; absent if there is none. A failed
--    transaction does not count.
-- gauge query_seconds: Seconds since the oldest running statement of a client began; absent if there is none.
-- gauge idle_in_transaction_seconds: Longest time that a client has been idle in a transaction; absent if there is none.
select
  a.datname,
  a.usename,
  extract(epoch from pg_catalog.clock_timestamp() - pg_catalog.min(a.xact_start))::float8 as transaction_seconds,
  extract(
    epoch from pg_catalog.clock_timestamp() - pg_catalog.min(a.query_start) filter (where a.state in ('active', 'fastpath function call'))
  )::float8 as query_seconds,
  extract(
    epoch from pg_catalog.clock_timestamp() - pg_catalog.min(a.state_change) filter (where a.state like 'idle in transaction%')
  )::float8 as idle_in_transaction_seconds
from pg_catalog.pg_stat_activity as a
where
  a.datname is not null
  and a.backend_type = 'client backend'
  and a.pid <> pg_catalog.pg_backend_pid()
group by a.datname, a.usename
order by transaction_seconds desc nulls last;
