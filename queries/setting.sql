-- Hash of all server parameters, and the number of parameters that wait for a restart, from pg_settings.
--
-- scope:    server
-- interval: 1m
-- requires: capability pg_read_all_settings
--
-- gauge hash: Hash of all server parameters; a change means that a parameter changed. Not included: file locations, read-only
--    parameters, and parameters overridden for a database or for the exporter's role.
-- gauge pending_restarts: Parameters whose new value takes effect only after a restart.
with
  -- Values set for a database or for our role replace the server's value in pg_settings.
  overridden as materialized (
    select pg_catalog.split_part(c.entry, '=', 1) as name
    from pg_catalog.pg_db_role_setting as r
    cross join lateral pg_catalog.unnest(r.setconfig) as c (entry)
    where r.setdatabase <> 0 or r.setrole = (select a.oid from pg_catalog.pg_roles as a where a.rolname = session_user)
  ),
  -- Parameters of other libraries exist only in sessions that have loaded them.
  preloaded as materialized (
    select l.name
    from pg_catalog.regexp_split_to_table(pg_catalog.current_setting('shared_preload_libraries'), '[^a-z0-9_]+') as l (name)
  ),
  hashed as (
    select
      s.name,
      -- For a parameter set by our session, reset_val is the server's value.
      case when s.source = 'session' then s.reset_val else s.setting end as setting
    from pg_catalog.pg_settings as s
    where
      s.context <> 'internal'
      and s.source <> 'client'
      and s.name not in (
        'application_name', 'client_encoding', 'config_file', 'data_directory', 'hba_file', 'ident_file',
        'transaction_deferrable', 'transaction_isolation', 'transaction_read_only'
      )
      and s.name not in (select o.name from overridden as o)
      and (pg_catalog.strpos(s.name, '.') = 0 or pg_catalog.split_part(s.name, '.', 1) in (select p.name from preloaded as p))
  )
select
  (
    select
      -- 48 bits: Prometheus stores values as float64, which represents integers up to 53 bits exactly.
      pg_catalog.hashtextextended(
        pg_catalog.string_agg(h.name || '=' || coalesce(h.setting, ''), E'\n' order by h.name collate "C") collate "C",
        0
      ) & 281474976710655
    from hashed as h
  ) as hash,
  (select pg_catalog.count(*) from pg_catalog.pg_settings as s where s.pending_restart) as pending_restarts;
