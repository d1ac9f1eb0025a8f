-- Connections of standbys and subscribers by state, from pg_stat_replication; 0 if there are none.
--
-- scope:    server
-- interval: 15s
-- requires: capability pg_read_all_stats
--
-- label kind
-- label state
-- gauge value: WAL sender connections in this state, physical or logical.
select
  k.kind,
  t.state,
  pg_catalog.count(r.pid) as value
from (values ('physical'), ('logical')) as k (kind)
cross join (values ('startup'), ('catchup'), ('streaming'), ('backup'), ('stopping')) as t (state)
left join (
  select
    c.pid,
    c.state,
    -- Logical decoding always uses a slot.
    case when s.slot_type = 'logical' then 'logical' else 'physical' end as kind
  from pg_catalog.pg_stat_replication as c
  left join pg_catalog.pg_replication_slots as s on s.active_pid = c.pid
) as r on r.kind = k.kind and r.state = t.state
where t.state <> 'backup' or k.kind = 'physical'
group by 1, 2;
