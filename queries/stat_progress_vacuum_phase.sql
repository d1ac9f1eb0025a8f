-- Phase of each VACUUM, from pg_stat_progress_vacuum. Temporary tables are omitted.
--
-- scope:    database
-- interval: 30s
-- during:   vacuum
--
-- label schemaname
-- label relname
-- label phase
-- gauge value: 1 for the current phase of the vacuum, 0 for the other phases; absent if no vacuum is running.
select
  n.nspname as schemaname,
  c.relname,
  k.phase,
  (k.phase = p.phase)::int as value
from pg_catalog.pg_stat_progress_vacuum as p
join pg_catalog.pg_class as c on c.oid = p.relid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
cross join lateral (
  values
    ('initializing'), ('scanning heap'), ('vacuuming indexes'), ('vacuuming heap'), ('cleaning up indexes'), ('truncating heap'),
    ('performing final cleanup')
  union
  select p.phase
) as k (phase)
where p.datname = pg_catalog.current_database() and c.relpersistence <> 't' and p.phase is not null;
