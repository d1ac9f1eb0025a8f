-- Blocks of each index that were read or found in shared buffers, from pg_statio_user_indexes.
--
-- scope:    database
-- interval: 15s
-- top:      300 by idx_blks_read_total, idx_blks_hit_total
--
-- label   schemaname
-- label   relname
-- label   indexrelname
-- counter idx_blks_read_total: Blocks of the index read from below shared buffers; the operating system may have had them.
-- counter idx_blks_hit_total: Blocks of the index found in shared buffers.
select
  i.schemaname,
  i.relname,
  i.indexrelname,
  i.idx_blks_read as idx_blks_read_total,
  i.idx_blks_hit as idx_blks_hit_total
from pg_catalog.pg_statio_user_indexes as i
-- Sessions' temporary tables come and go without bound.
where i.schemaname !~ '^pg_temp_'
-- Of more indexes than the limit the most used stay.
order by i.idx_blks_read + i.idx_blks_hit desc, i.indexrelid;
