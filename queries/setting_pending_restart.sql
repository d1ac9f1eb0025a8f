-- Parameters that wait for a restart, from pg_settings.
--
-- scope:    server
-- interval: 1m
-- requires: capability pg_read_all_settings
--
-- label name
-- gauge value: 1 for a parameter whose new value takes effect only after a restart.
select
  s.name,
  1 as value
from pg_catalog.pg_settings as s
where s.pending_restart;
