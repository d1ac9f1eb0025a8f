-- Processes of the server by backend type, from pg_stat_activity.
--
-- scope:    server
-- interval: 15s
-- requires: capability pg_read_all_stats
--
-- label backend_type
-- gauge value: Processes of this type, including the exporter's session.
select
  a.backend_type,
  pg_catalog.count(*) as value
from pg_catalog.pg_stat_activity as a
where a.backend_type is not null
group by a.backend_type
order by value desc;
