-- Network connections with and without TLS, by database, from pg_stat_ssl, without the exporter's session.
--
-- scope:    server
-- merge:    datname
-- interval: 15s
--
-- label datname
-- label ssl
-- gauge connections: TCP connections with or without TLS; datname is empty for physical replication and base backups.
--    ssl="unknown" counts sessions that the role cannot see.
with
  connection as (
    select
      coalesce(a.datname, '') as datname,
      s.ssl
    from pg_catalog.pg_stat_ssl as s
    join pg_catalog.pg_stat_activity as a on a.pid = s.pid
    -- Connections over a Unix socket have no client address.
    where a.client_addr is not null and a.pid <> pg_catalog.pg_backend_pid()
  ),
  -- A session without a user is a background process.
  invisible as (
    select
      a.datname,
      pg_catalog.count(*) as sessions
    from pg_catalog.pg_stat_activity as a
    where a.backend_type is null and a.datname is not null and a.usename is not null
    group by a.datname
  ),
  -- Combinations without connections are exported as 0, so that alerts keep their series, unless the role cannot see a session.
  known as (
    select d.datname
    from pg_catalog.pg_database as d
    where d.datallowconn
    union
    select c.datname
    from connection as c
  )
select
  k.datname,
  t.ssl::text as ssl,
  pg_catalog.count(c.datname) as connections
from known as k
cross join (
  values (true), (false)
) as t (ssl)
left join connection as c on c.datname = k.datname and c.ssl = t.ssl
where c.datname is not null or not exists (select from invisible as i where i.datname = k.datname)
group by k.datname, t.ssl
union all
select
  i.datname,
  'unknown',
  i.sessions
from invisible as i;
