-- All parameters of the server in one number, and how many wait for a restart, from pg_settings.
--
-- scope:    server
-- interval: 1m
-- requires: capability pg_read_all_settings
--
-- gauge hash: A number made of all server-wide parameters: equal for equal ones, another one after a change. Left out are
--    those that only say where files are, cannot be set, or are overridden for a database or for the exporter's role.
-- gauge pending_restarts: Parameters whose new value waits for a restart.
with
  -- What is set for a database, or for our role, colours our session; the server's value cannot be seen behind it.
  overridden as materialized (
    select pg_catalog.split_part(c.entry, '=', 1) as name
    from pg_catalog.pg_db_role_setting as r
    cross join lateral pg_catalog.unnest(r.setconfig) as c (entry)
    where r.setdatabase <> 0 or r.setrole = (select a.oid from pg_catalog.pg_roles as a where a.rolname = session_user)
  ),
  -- Parameters of other libraries are there only in sessions that have loaded them.
  preloaded as materialized (
    select l.name
    from pg_catalog.regexp_split_to_table(pg_catalog.current_setting('shared_preload_libraries'), '[^a-z0-9_]+') as l (name)
  ),
  hashed as (
    select
      s.name,
      -- What our own session has set is not the server's value.
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
      -- 48 bits, which Prometheus's numbers hold exactly.
      pg_catalog.hashtextextended(
        pg_catalog.string_agg(h.name || '=' || coalesce(h.setting, ''), E'\n' order by h.name collate "C") collate "C",
        0
      ) & 281474976710655
    from hashed as h
  ) as hash,
  (select pg_catalog.count(*) from pg_catalog.pg_settings as s where s.pending_restart) as pending_restarts;
