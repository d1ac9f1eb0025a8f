-- Connection limits of roles, from pg_roles.
--
-- scope:    server
-- interval: 1m
-- rows:     500
--
-- label rolname
-- gauge connection_limit: Maximum number of concurrent connections of the role (rolconnlimit); -1 if unlimited.
select
  r.rolname,
  r.rolconnlimit as connection_limit
from pg_catalog.pg_roles as r
-- Roles with a connection limit first, then the oldest ones: a role that is created now does not displace them.
order by r.rolconnlimit = -1, not r.rolcanlogin, r.oid;
