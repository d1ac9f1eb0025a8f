-- Server parameters with numeric or boolean values, from pg_settings. Parameters overridden for the exporter's role or
-- database are absent.
--
-- scope:    server
-- detail:   minimal
-- interval: 1m
--
-- suffix name
-- help   parameter
-- gauge  value: Server parameter {}.
with
  -- Factors that convert units of time to seconds and units of memory (kB, 8kB, MB, …) to bytes.
  setting as (
    select
      s.name,
      s.vartype,
      s.source,
      s.vartype <> 'bool' and (s.vartype = 'integer' or s.unit is not null) and s.min_val::float8 = -1 as has_special,
      -- For a parameter set by our session, reset_val is the server's value.
      case when s.source = 'session' then s.reset_val else s.setting end as setting,
      case s.unit when 'us' then 0.000001 when 'ms' then 0.001 when 's' then 1 when 'min' then 60 when 'h' then 3600 when 'd' then 86400 end as to_seconds,
      -- 8kB is 8 × 1024 bytes.
      coalesce(pg_catalog.substring(s.unit, '^[0-9]+')::float8, 1) * case pg_catalog.substring(s.unit, '[kMGT]?B$')
        when 'B' then 1
        when 'kB' then 1024
        when 'MB' then 1048576
        when 'GB' then 1073741824
        when 'TB' then 1099511627776
      end as to_bytes
    from pg_catalog.pg_settings as s
    where s.vartype in ('bool', 'integer', 'real')
  ),
  -- Values set for this role or database replace the server's value in pg_settings.
  ours as (
    select pg_catalog.split_part(c.entry, '=', 1) as name
    from pg_catalog.pg_db_role_setting as r
    cross join lateral pg_catalog.unnest(r.setconfig) as c (entry)
    where
      (r.setdatabase, r.setrole) <> (0, 0)
      and r.setdatabase in (0, (select d.oid from pg_catalog.pg_database as d where d.datname = pg_catalog.current_database()))
      and r.setrole in (0, (select a.oid from pg_catalog.pg_roles as a where a.rolname = session_user))
  ),
  -- These parameters of our own transaction follow default_transaction_*, which hold the server's values.
  server as (
    select
      s.name,
      s.vartype,
      case when d.name is null then s.setting when s.name = 'transaction_read_only' and pg_catalog.pg_is_in_recovery() then 'on' else d.setting end as setting,
      s.has_special,
      s.to_seconds,
      s.to_bytes
    from setting as s
    left join setting as d on d.name = 'default_' || s.name and s.name in ('transaction_read_only', 'transaction_deferrable')
    where
      s.source <> 'client'
      and not exists (select from ours as o where o.name in (s.name, d.name))
  )
select
  pg_catalog.translate(s.name, '.-', '__')
    || case when s.to_seconds is not null then '_seconds' when s.to_bytes is not null then '_bytes' else '' end as name,
  s.name || case
    when s.vartype = 'bool' then ': 1 if on, 0 if off'
    when s.to_seconds is not null then ', in seconds'
    when s.to_bytes is not null then ', in bytes'
    else ''
  end || case when s.has_special then '; -1 is a special value' else '' end as parameter,
  case
    when s.vartype = 'bool' then (s.setting = 'on')::int
    when s.setting::float8 = -1 then -1
    else s.setting::float8 * coalesce(s.to_seconds, s.to_bytes, 1)
  end as value
from server as s;
