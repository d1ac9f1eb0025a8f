-- Rows of each partitioned table, summed over all its partitions at every level. PostgreSQL counts rows and scans only for
-- partitions. Sums of scans and changes are not exported: they would decrease whenever a partition is dropped.
-- pg_partition_info assigns the counters of the partitions to their partitioned table.
--
-- scope:    database
-- detail:   full
-- interval: 1m
-- timeout:  30s
-- top:      100 by live_rows, dead_rows
-- requires: role primary
-- requires: setting track_counts
--
-- label schemaname
-- label relname
-- gauge live_rows: Estimated number of live rows in all partitions without foreign tables; absent if there is no such partition
--    and on a standby.
-- gauge dead_rows: Estimated number of dead rows in all partitions without foreign tables; absent if there is no such partition
--    and on a standby.
-- cut   cut
select
  n.nspname as schemaname,
  r.relname,
  s.live_rows,
  s.dead_rows,
  greatest(pg_catalog.count(*) over () - 100, 0) as cut
from (
  select
    pg_catalog.pg_partition_root(c.oid) as root,
    pg_catalog.sum(pg_catalog.pg_stat_get_live_tuples(c.oid)) as live_rows,
    pg_catalog.sum(pg_catalog.pg_stat_get_dead_tuples(c.oid)) as dead_rows
  from pg_catalog.pg_class as c
  where c.relispartition and c.relkind = 'r' and c.relpersistence <> 't'
  group by 1
) as s
join pg_catalog.pg_class as r on r.oid = s.root
join pg_catalog.pg_namespace as n on n.oid = r.relnamespace
order by s.live_rows + s.dead_rows desc, r.oid
limit 100;
