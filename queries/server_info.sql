-- Version, role, system identifier and timeline of the server, as labels, from pg_control_system() and other functions.
--
-- scope:    server
-- detail:   minimal
-- interval: 15s
--
-- label version
-- label role
-- label system_identifier
-- label timeline
-- gauge value: 1, with the PostgreSQL version, the role (primary or standby), the system identifier that a standby shares
--    with its primary, and the timeline that is written or received.
select
  pg_catalog.split_part(pg_catalog.current_setting('server_version'), ' ', 1) as version,
  case when r.is_standby then 'standby' else 'primary' end as role,
  s.system_identifier,
  case
    -- On a standby, the control file is updated at a restartpoint only; the WAL receiver reports a new timeline at once.
    when r.is_standby then greatest(
      c.timeline_id,
      v.min_recovery_end_timeline,
      (select pg_catalog.max(w.received_tli) from pg_catalog.pg_stat_wal_receiver as w)
    )
    else ('x' || pg_catalog.substr(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 1, 8))::bit(32)::int
  end as timeline,
  1 as value
from pg_catalog.pg_control_system() as s
cross join pg_catalog.pg_control_checkpoint() as c
cross join pg_catalog.pg_control_recovery() as v
cross join (select pg_catalog.pg_is_in_recovery() as is_standby) as r;
