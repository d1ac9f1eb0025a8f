-- Version of the server, as labels.
--
-- scope:    server
-- interval: 1m
--
-- label   version
-- label   short_version
-- untyped value: 1, with the PostgreSQL version as labels.
select
  pg_catalog.version() as version,
  (n.version / 10000) || '.' || (n.version % 10000) || '.0' as short_version,
  1 as value
from (select pg_catalog.current_setting('server_version_num')::int as version) as n;
