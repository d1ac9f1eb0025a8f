-- Synchronous state of standbys, from pg_stat_replication.
--
-- scope:    server
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
  r.application_name,
  coalesce(pg_catalog.host(r.client_addr), '') as client_addr,
  coalesce(s.slot_name, '') as slot_name,
  s.database,
  r.sync_state,
  pg_catalog.count(*) as value
from pg_catalog.pg_stat_replication as r
left join pg_catalog.pg_replication_slots as s on s.active_pid = r.pid
where r.sync_state is not null
group by 1, 2, 3, 4, 5;
