-- Running backups: pg_dump and pg_dumpall by application_name, base backups from pg_stat_progress_basebackup.
--
-- scope:    server
-- interval: 15s
--
-- label kind
-- detail: minimal
-- gauge value: Sessions running a backup of this kind: pg_dump, pg_dumpall or base_backup (pg_basebackup).
-- detail: standard
-- gauge oldest_age_seconds: Age of the oldest session running a backup of this kind; absent if there is none or the role
--    cannot see the start time of one.
with
  backup as (
    select
      case when b.pid is not null then 'base_backup' else a.application_name end as kind,
      a.backend_start
    from pg_catalog.pg_stat_activity as a
    left join pg_catalog.pg_stat_progress_basebackup as b on b.pid = a.pid
    where b.pid is not null or a.application_name in ('pg_dump', 'pg_dumpall')
  )
select
  k.kind,
  pg_catalog.count(b.kind) as value,
  case
    when pg_catalog.count(b.kind) = pg_catalog.count(b.backend_start)
    then extract(epoch from pg_catalog.clock_timestamp() - pg_catalog.min(b.backend_start))::float8
  end as oldest_age_seconds
from (
  values ('pg_dump'), ('pg_dumpall'), ('base_backup')
) as k (kind)
left join backup as b on b.kind = k.kind
group by k.kind;
