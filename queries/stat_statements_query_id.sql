-- The texts of the statements on the page, on one line and without their literals; join them by queryid.
--
-- scope:    server
-- interval: 15s
-- timeout:  10s
-- name:     pg_stat_statements
-- requires: pg_stat_statements >= 1.8
-- requires: capability pg_stat_statements
-- lookup:   queryid of stat_statements every 5m
-- text:     300
--
-- label queryid
-- label query
-- gauge query_id: The text of a statement; always 1.

-- The texts lie in a file that is read as a whole, so they are asked for rarely and only where they are unknown.
select distinct on (s.queryid)
  s.queryid::text as queryid,
  pg_catalog.left(s.query, 10000) as query,
  1 as query_id
from public.pg_stat_statements(true) as s
where s.queryid = any (nullif(pg_catalog.current_setting('pgvitals.wanted', true), '')::int8[])
order by s.queryid;
