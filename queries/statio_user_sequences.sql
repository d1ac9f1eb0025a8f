-- Blocks of each sequence that were read or found in shared buffers, from pg_statio_user_sequences.
--
-- scope:    database
-- interval: 15s
-- top:      100 by blks_hit_total, blks_read_total
--
-- label   schemaname
-- label   sequencename
-- counter blks_read_total: Blocks of the sequence read from below shared buffers; the operating system may have had them.
-- counter blks_hit_total: Blocks of the sequence found in shared buffers.
select
  s.schemaname,
  s.relname as sequencename,
  s.blks_read as blks_read_total,
  s.blks_hit as blks_hit_total
from pg_catalog.pg_statio_user_sequences as s
-- Sessions' temporary sequences come and go without bound.
where s.schemaname !~ '^pg_temp_'
-- Of more sequences than the limit the most used stay.
order by s.blks_read + s.blks_hit desc, s.relid;
