-- How many connections each role may have, from pg_roles.
--
-- scope:    server
-- interval: 1m
-- rows:     500
--
-- label rolname
-- gauge connection_limit: Connections that the role may have at a time; -1 is no limit.
select
  r.rolname,
  r.rolconnlimit as connection_limit
from pg_catalog.pg_roles as r
-- Of more roles than the limit those with a limit of their own stay.
order by r.rolconnlimit = -1, not r.rolcanlogin, r.rolname;
