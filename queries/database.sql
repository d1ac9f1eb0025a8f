-- How many connections each database allows, from pg_database.
--
-- scope:    server
-- interval: 1m
--
-- label datname
-- gauge connection_limit: Connections that the database allows; -1 is no limit of its own.
select
  d.datname,
  d.datconnlimit as connection_limit
from pg_catalog.pg_database as d
-- -2 marks a database whose drop was interrupted.
where d.datconnlimit >= -1;
