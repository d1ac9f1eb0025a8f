-- Block reads and buffer hits of each sequence, from pg_statio_user_sequences.
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
  s.schemaname,
  s.relname as sequencename,
  s.blks_read as blks_read_total,
  s.blks_hit as blks_hit_total
from pg_catalog.pg_statio_user_sequences as s
join pg_catalog.pg_class as c on c.oid = s.relid
where
  -- Temporary sequences of other sessions would create an unlimited number of series.
  c.relpersistence <> 't'
  -- An unlogged sequence cannot be read on a standby.
  and not (c.relpersistence = 'u' and pg_catalog.pg_is_in_recovery())
-- If there are more sequences than the limit, the most used are kept.
order by s.blks_read + s.blks_hit desc, s.relid;
