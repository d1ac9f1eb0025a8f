-- Synchronous state of standbys, from pg_stat_replication, with the names of pg_stat_replication_replay_lag_bytes.
--
-- scope:    server
-- detail:   minimal
-- interval: 15s
-- requires: capability pg_read_all_stats
--
-- label application_name
-- label client_addr
-- label slot_name
-- within database
-- label sync_state
-- gauge value: Connections in this synchronous state: async, potential, sync or quorum.
select
  n.application_name,
  coalesce(pg_catalog.host(r.client_addr), '') as client_addr,
  n.slot_name,
  s.database,
  r.sync_state,
  pg_catalog.count(*) as value
from pg_catalog.pg_stat_replication as r
left join pg_catalog.pg_replication_slots as s on s.active_pid = r.pid
-- The name of a temporary slot contains a process ID, that of a table synchronization slot contains OIDs.
cross join lateral (
  select
    pg_catalog.regexp_replace(r.application_name, '_[0-9]+_sync_[0-9]+(_[0-9]+)?$', '_*_sync_*') as application_name,
    case
      when s.temporary then '(temporary)'
      else coalesce(pg_catalog.regexp_replace(s.slot_name, '_[0-9]+_sync_[0-9]+(_[0-9]+)?$', '_*_sync_*'), '')
    end as slot_name
) as n
where r.sync_state is not null
group by 1, 2, 3, 4, 5;
