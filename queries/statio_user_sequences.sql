-- Block reads and buffer hits of each sequence, as in pg_statio_user_sequences.
--
-- scope:    database
-- detail:   full
-- interval: 15s
-- top:      100 by blks_hit_total, blks_read_total
-- requires: setting track_counts
--
-- label   schemaname
-- label   sequencename
-- counter blks_read_total: Blocks of the sequence not found in shared buffers; they may have been read from the cache of the
--    operating system.
-- counter blks_hit_total: Blocks of the sequence found in shared buffers.
select
  n.nspname as schemaname,
  c.relname as sequencename,
  pg_catalog.pg_stat_get_blocks_fetched(c.oid) - pg_catalog.pg_stat_get_blocks_hit(c.oid) as blks_read_total,
  pg_catalog.pg_stat_get_blocks_hit(c.oid) as blks_hit_total
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where
  c.relkind = 'S'
  and n.nspname !~ '^pg_toast|^(pg_catalog|information_schema)$'
  -- Temporary sequences of other sessions would create an unlimited number of series.
  and c.relpersistence <> 't'
  -- An unlogged sequence cannot be read on a standby.
  and not (c.relpersistence = 'u' and pg_catalog.pg_is_in_recovery())
-- If there are more sequences than the limit, the most used are kept.
order by pg_catalog.pg_stat_get_blocks_fetched(c.oid) desc, c.oid;
