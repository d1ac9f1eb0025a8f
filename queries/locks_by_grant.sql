-- Locks by type, mode and whether they are granted, from pg_locks, without those of the exporter's session.
--
-- scope:    server
-- interval: 15s
-- rows:     2000
--
-- label datname
-- label locktype
-- label mode
-- label granted
-- gauge value: Locks that are held (granted="true") or waited for (granted="false").
select
  -- Locks on transactions and shared objects have no database; they count for the database of their session.
  coalesce(d.datname, a.datname, '') as datname,
  l.locktype,
  pg_catalog.lower(l.mode) as mode,
  l.granted::text as granted,
  pg_catalog.count(*) as value
from pg_catalog.pg_locks as l
left join pg_catalog.pg_database as d on d.oid = l.database
left join pg_catalog.pg_stat_activity as a on a.pid = l.pid
where l.pid is distinct from pg_catalog.pg_backend_pid()
group by 1, 2, 3, 4
-- Ungranted locks first.
order by l.granted::text, value desc;
