-- Texts of the statements on the page, on one line and without literals; join them by queryid.
--
-- scope:      server
-- detail:     minimal
-- merge:      database
-- interval:   15s
-- timeout:    10s
-- name:       pg_stat_statements
-- requires:   pg_stat_statements >= 1.8
-- requires:   capability pg_stat_statements
-- statements: texts every 5m
-- text:       300
-- rows:       5000
--
-- label  queryid
-- label  query
-- within database
-- gauge  query_id: 1, with the text of the statement as a label.

-- PostgreSQL reads all texts from one file, so the query runs rarely and only for unknown statements. From PostgreSQL 18
-- statements of different databases share a queryid if their tables have the same names.
select distinct on (s.queryid, d.datname)
  s.queryid::text as queryid,
  pg_catalog.left(s.query, 5000) as query,
  d.datname as database,
  1 as query_id
from public.pg_stat_statements(true) as s
join pg_catalog.pg_database as d on d.oid = s.dbid
where s.queryid = any (nullif(pg_catalog.current_setting('pgvitals.wanted', true), '')::int8[])
order by s.queryid, d.datname;
