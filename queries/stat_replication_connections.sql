-- Connections of standbys, subscribers and backups by state, from pg_stat_replication; 0 if there are none.
--
-- scope:    server
-- interval: 15s
-- requires: capability pg_read_all_stats
--
-- label kind
-- label state
-- gauge value: WAL sender connections in this state: of standbys (physical), subscribers and other consumers of logical slots
--    (logical), their table synchronization (table_sync), and base backups and WAL streams that are not replayed, such as
--    those of pg_basebackup and pg_receivewal (backup).
select
  k.kind,
  t.state,
  pg_catalog.count(r.pid) as value
from (values ('physical'), ('logical'), ('table_sync'), ('backup')) as k (kind)
cross join (values ('startup'), ('catchup'), ('streaming'), ('backup'), ('stopping')) as t (state)
left join (
  select
    c.pid,
    c.state,
    case
      when pg_catalog.concat_ws(' ', s.slot_name, c.application_name) ~ '_[0-9]+_sync_[0-9]+(_[0-9]+)?\M' then 'table_sync'
      -- Connections for physical replication have no database.
      when a.datname is not null then 'logical'
      -- Only a standby reports a replay position.
      when c.replay_lsn is null then 'backup'
      else 'physical'
    end as kind
  from pg_catalog.pg_stat_replication as c
  left join pg_catalog.pg_stat_activity as a on a.pid = c.pid
  left join pg_catalog.pg_replication_slots as s on s.active_pid = c.pid
) as r on r.kind = k.kind and r.state = t.state
where t.state <> 'backup' or k.kind = 'backup'
group by 1, 2;
