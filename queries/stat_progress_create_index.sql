-- How far each building of indexes has come, from pg_stat_progress_create_index. Numbers are of the phase that stat_progress_phase tells.
--
-- scope:    database
-- interval: 30s
--
-- label schemaname
-- label relname
-- label command
-- gauge sessions: Sessions that build an index on this table now.
-- gauge lockers: Sessions that have to be waited for; absent in other phases.
-- gauge lockers_done: Sessions waited for so far; absent in other phases.
-- gauge blocks: Blocks to be processed in this phase; absent where the phase does not count them.
-- gauge blocks_done: Blocks processed so far in this phase; absent where the phase does not count them.
-- gauge tuples: Rows to be processed in this phase; absent where the phase does not count them.
-- gauge tuples_done: Rows processed so far in this phase; absent where the phase does not count them.
-- gauge partitions: Partitions on which the index is to be built; absent where there are none.
-- gauge partitions_done: Partitions on which the index has been built; absent where there are none.
select
  coalesce(n.nspname, '') as schemaname,
  coalesce(c.relname, '') as relname,
  p.command,
  pg_catalog.count(*) as sessions,
  -- 0 to be done means that there is no such count.
  pg_catalog.sum(p.lockers_total) filter (where p.lockers_total > 0) as lockers,
  pg_catalog.sum(p.lockers_done) filter (where p.lockers_total > 0) as lockers_done,
  pg_catalog.sum(p.blocks_total) filter (where p.blocks_total > 0) as blocks,
  pg_catalog.sum(p.blocks_done) filter (where p.blocks_total > 0) as blocks_done,
  pg_catalog.sum(p.tuples_total) filter (where p.tuples_total > 0) as tuples,
  pg_catalog.sum(p.tuples_done) filter (where p.tuples_total > 0) as tuples_done,
  pg_catalog.sum(p.partitions_total) filter (where p.partitions_total > 0) as partitions,
  pg_catalog.sum(p.partitions_done) filter (where p.partitions_total > 0) as partitions_done
from pg_catalog.pg_stat_progress_create_index as p
left join pg_catalog.pg_class as c on c.oid = p.relid
left join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
-- A command that the role may not see has no relation.
where p.datname = pg_catalog.current_database() and p.relid is not null
group by 1, 2, 3;
