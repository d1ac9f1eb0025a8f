-- Age of the index usage statistics of a database. A short age makes "unused" unreliable.
--
-- scope:    database
-- interval: 5m
-- requires: role primary
-- requires: setting track_counts
--
-- gauge age_seconds: Seconds since the statistics of the database were reset or, if that time is unknown, since the server
--    started.
select extract(epoch from pg_catalog.clock_timestamp() - coalesce(d.stats_reset, pg_catalog.pg_postmaster_start_time()))::float8 as age_seconds
from pg_catalog.pg_stat_database as d
where d.datname = pg_catalog.current_database();
