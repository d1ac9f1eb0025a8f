-- How long the statistics of a database's indexes have counted: how much "unused" says.
--
-- scope:    database
-- interval: 5m
-- requires: role primary
--
-- gauge age_seconds: Seconds since the database's statistics were reset or, if that is not known, since the server started.
select extract(epoch from pg_catalog.clock_timestamp() - coalesce(d.stats_reset, pg_catalog.pg_postmaster_start_time()))::float8 as age_seconds
from pg_catalog.pg_stat_database as d
where d.datname = pg_catalog.current_database();
