-- Locks by kind, mode and whether they are held or waited for, from pg_locks; our own session's are left out.
--
-- scope:    server
-- interval: 15s
-- rows:     2000
--
-- label datname
-- label locktype
-- label mode
-- label granted
-- gauge value: Locks that are held (granted "true") or waited for ("false") now.
select
  -- Locks on transactions and on shared objects belong to no database: they count where their session is.
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
-- Those that wait come first.
order by l.granted::text, value desc;
