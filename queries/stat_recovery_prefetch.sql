-- Blocks prefetched during recovery, from pg_stat_recovery_prefetch. No rows on a primary and with recovery_prefetch = off.
--
-- scope:    server
-- detail:   full
-- interval: 15s
-- requires: server >= 15
--
-- counter prefetch_total: Blocks prefetched because they were not in the buffer pool.
-- counter hit_total: Blocks not prefetched because they were already in the buffer pool.
-- counter skip_init_total: Blocks not prefetched because they would be zero-initialized.
-- counter skip_new_total: Blocks not prefetched because they did not exist yet.
-- counter skip_fpw_total: Blocks not prefetched because the WAL contained a full-page image.
-- counter skip_rep_total: Blocks not prefetched because they had been prefetched recently.
-- gauge   wal_distance_bytes: Bytes of WAL by which the prefetcher is ahead of replay.
-- gauge   block_distance: Blocks by which the prefetcher is ahead of replay.
-- gauge   io_depth: Prefetches initiated and not known to be completed.
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
