-- Start time, configuration load time and recovery state of the server.
--
-- scope:    server
-- interval: 15s
--
-- detail: minimal
-- gauge start_time_seconds: Start time of the server, as a Unix timestamp.
-- detail: standard
-- gauge config_load_time_seconds: Time at which the configuration files were last loaded, as a Unix timestamp. After a reload
--    this is the time of the next poll.
-- gauge in_recovery: 1 if the server is in recovery (a standby, or crash recovery), 0 otherwise.
select
  extract(epoch from pg_catalog.pg_postmaster_start_time())::float8 as start_time_seconds,
  extract(epoch from pg_catalog.pg_conf_load_time())::float8 as config_load_time_seconds,
  pg_catalog.pg_is_in_recovery() as in_recovery;
