-- SLRU caches, such as the one for transaction status, from pg_stat_slru.
--
-- scope:    server
-- interval: 15s
--
-- label   name
-- counter blks_hit_total: Blocks found in the cache.
-- counter blks_read_total: Blocks read from disk.
-- detail: full
-- counter blks_zeroed_total: Blocks zeroed during initialization.
-- counter blks_written_total: Blocks written to disk.
-- counter blks_exists_total: Blocks checked for existence.
-- counter flushes_total: Flushes of dirty data.
-- counter truncates_total: Truncations.
select
  -- PostgreSQL 17 renamed the caches; the new names are used for all versions.
  case s.name
    when 'CommitTs' then 'commit_timestamp'
    when 'MultiXactMember' then 'multixact_member'
    when 'MultiXactOffset' then 'multixact_offset'
    when 'Notify' then 'notify'
    when 'Serial' then 'serializable'
    when 'Subtrans' then 'subtransaction'
    when 'Xact' then 'transaction'
    else s.name
  end as name,
  s.blks_zeroed as blks_zeroed_total,
  s.blks_hit as blks_hit_total,
  s.blks_read as blks_read_total,
  s.blks_written as blks_written_total,
  s.blks_exists as blks_exists_total,
  s.flushes as flushes_total,
  s.truncates as truncates_total
from pg_catalog.pg_stat_slru as s
-- Commit timestamps are written only with track_commit_timestamp; a standby follows the value of its primary.
where
  s.name not in ('CommitTs', 'commit_timestamp')
  or pg_catalog.current_setting('track_commit_timestamp')::bool
  or (pg_catalog.pg_is_in_recovery() and s.blks_zeroed + s.blks_hit + s.blks_read + s.blks_written > 0);
