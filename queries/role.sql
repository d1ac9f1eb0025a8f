-- Roles to keep an eye on, from pg_roles: superusers, and logins whose password expires.
--
-- scope:    server
-- interval: 5m
-- rows:     500
--
-- label rolname
-- gauge is_superuser: 1 for a superuser; other roles are absent.
-- gauge valid_until_timestamp_seconds: When the password of a role that can log in expires, as a Unix time; absent if never.
select
  r.rolname,
  case when r.rolsuper then 1 end as is_superuser,
  case when e.expires then extract(epoch from r.rolvaliduntil)::float8 end as valid_until_timestamp_seconds
from pg_catalog.pg_roles as r
cross join lateral (
  select r.rolcanlogin and r.rolvaliduntil < 'infinity' as expires
) as e
where r.rolsuper or e.expires
order by r.rolsuper desc, r.rolvaliduntil, r.rolname;
