-- Wrong checksums in the catalogs that all databases share, from the row of pg_stat_database without a name.
--
-- scope:    server
-- interval: 15s
--
-- counter checksum_failures_total: Pages of shared catalogs whose checksum was found to be wrong; absent without data checksums.
-- gauge   checksum_last_failure_timestamp_seconds: When a page of a shared catalog with a wrong checksum was last found,
--    as a Unix time; absent if never.
select
  d.checksum_failures as checksum_failures_total,
  extract(epoch from d.checksum_last_failure)::float8 as checksum_last_failure_timestamp_seconds
from pg_catalog.pg_stat_database as d
where d.datid = 0;
