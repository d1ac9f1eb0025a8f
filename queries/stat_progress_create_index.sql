-- Progress of CREATE INDEX and REINDEX, from pg_stat_progress_create_index. The values belong to the current phase, see
-- stat_progress_phase. Temporary tables are omitted.
--
-- scope:    database
-- interval: 30s
-- during:   create index
--
-- label schemaname
-- label relname
-- label command
-- gauge sessions: Sessions building an index on this table.
-- gauge lockers: Sessions holding locks that the build has to wait for; absent in phases that do not wait.
-- gauge lockers_done: Sessions already waited for; absent in phases that do not wait.
-- gauge blocks: Blocks to be processed in this phase; absent if the phase does not report them.
-- gauge blocks_done: Blocks processed so far in this phase; absent if the phase does not report them.
-- gauge tuples: Rows to be processed in this phase; absent if the phase does not report them.
-- gauge tuples_done: Rows processed so far in this phase; absent if the phase does not report them.
-- gauge partitions: Partitions on which the index is to be created or attached; absent if there are none.
-- gauge partitions_done: Partitions on which the index has been created or attached; absent if there are none.
select
  coalesce(n.nspname, '') as schemaname,
  coalesce(c.relname, '') as relname,
  p.command,
  pg_catalog.count(*) as sessions,
  -- A total of 0 means that the phase does not report this count.
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
-- For commands that the role cannot see, relid is null.
where p.datname = pg_catalog.current_database() and c.relpersistence is distinct from 't' and p.relid is not null
group by 1, 2, 3;
