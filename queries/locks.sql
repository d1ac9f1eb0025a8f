-- Locks by database and mode, from pg_locks, without those of the exporter's session.
--
-- scope:    server
-- interval: 15s
-- rows:     5000
--
-- label datname
-- label mode
-- gauge count: Locks held or waited for.
select
  d.datname,
  m.mode,
  pg_catalog.count(l.mode) as count
from pg_catalog.pg_database as d
cross join (
  values
    ('accesssharelock'), ('rowsharelock'), ('rowexclusivelock'), ('shareupdateexclusivelock'), ('sharelock'),
    ('sharerowexclusivelock'), ('exclusivelock'), ('accessexclusivelock'), ('sireadlock')
) as m (mode)
left join pg_catalog.pg_locks as l
  on l.database = d.oid and pg_catalog.lower(l.mode) = m.mode and l.pid is distinct from pg_catalog.pg_backend_pid()
where d.datallowconn
group by d.datname, m.mode;
