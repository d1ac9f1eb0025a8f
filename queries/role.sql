-- Superusers and login roles whose password expires, from pg_roles.
--
-- scope:    server
-- interval: 5m
-- rows:     500
--
-- label rolname
-- gauge is_superuser: 1 for a superuser; absent for other roles.
-- gauge valid_until_timestamp_seconds: Expiry time of the password of a login role, as a Unix timestamp; absent if it does
--    not expire.
select
  r.rolname,
  case when r.rolsuper then 1 end as is_superuser,
  case when e.expires then extract(epoch from r.rolvaliduntil)::float8 end as valid_until_timestamp_seconds
from pg_catalog.pg_roles as r
cross join lateral (
  select r.rolcanlogin and r.rolvaliduntil < 'infinity' as expires
) as e
where r.rolsuper or e.expires
-- Superusers first, then the oldest roles: a role that is created now does not displace them.
order by r.rolsuper desc, r.oid;
