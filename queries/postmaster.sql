-- When the server was started and its configuration loaded, and whether it is in recovery.
--
-- scope:    server
-- interval: 15s
--
-- gauge start_time_seconds: When the server was started, as a Unix time.
-- gauge config_load_time_seconds: When the configuration files were last loaded, as a Unix time; a reload is noticed at
--    the next poll and has that poll's time.
-- gauge in_recovery: Whether the server replays WAL, as a standby or after a crash.
select
  extract(epoch from pg_catalog.pg_postmaster_start_time())::float8 as start_time_seconds,
  extract(epoch from pg_catalog.pg_conf_load_time())::float8 as config_load_time_seconds,
  pg_catalog.pg_is_in_recovery() as in_recovery;
