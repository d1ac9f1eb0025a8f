-- Blocks that this standby reads ahead of replay, from pg_stat_recovery_prefetch; nothing on a primary.
--
-- scope:    server
-- interval: 15s
-- requires: server >= 15
--
-- counter prefetch_total: Blocks read ahead because they were not in a buffer.
-- counter hit_total: Blocks not read ahead because they were in a buffer.
-- counter skip_init_total: Blocks not read ahead because they would be initialized.
-- counter skip_new_total: Blocks not read ahead because they did not exist yet.
-- counter skip_fpw_total: Blocks not read ahead because the WAL had a full-page image.
-- counter skip_rep_total: Blocks not read ahead because they just had been.
-- gauge   wal_distance_bytes: Bytes of WAL by which reading ahead is ahead of replay.
-- gauge   block_distance: Blocks by which reading ahead is ahead of replay.
-- gauge   io_depth: Reads begun and not known to be done.
select
  p.prefetch as prefetch_total,
  p.hit as hit_total,
  p.skip_init as skip_init_total,
  p.skip_new as skip_new_total,
  p.skip_fpw as skip_fpw_total,
  p.skip_rep as skip_rep_total,
  p.wal_distance as wal_distance_bytes,
  p.block_distance,
  p.io_depth
from pg_catalog.pg_stat_recovery_prefetch as p
where pg_catalog.pg_is_in_recovery() and pg_catalog.current_setting('recovery_prefetch') <> 'off';
