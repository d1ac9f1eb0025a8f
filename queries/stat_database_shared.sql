-- Checksum failures in shared objects, from the row of pg_stat_database without datname.
--
-- scope:    server
-- interval: 15s
--
-- detail: minimal
-- gauge   checksum_last_failure_timestamp_seconds: Time at which a data page checksum failure was last detected in a shared
--    object, as a Unix timestamp; absent if never.
-- detail: standard
-- counter checksum_failures_total: Data page checksum failures detected in shared objects; absent if data checksums are
--    disabled.
select
  d.checksum_failures as checksum_failures_total,
  extract(epoch from d.checksum_last_failure)::float8 as checksum_last_failure_timestamp_seconds
from pg_catalog.pg_stat_database as d
where d.datid = 0;
