import type { Session } from './session.ts'

/** How many more sessions may be opened, by what limits them; undefined where nothing does. */
export interface Limits {
  /** On the server, without what is reserved for others. */
  readonly free: number
  /** By our role. */
  readonly roleFree: number | undefined
  /** In the database. */
  readonly databaseFree: number | undefined
}

// Superusers have reserved connections and pass the limits of roles and databases; we stay out of the first and keep the second.
const limitsSql = `
select
  pg_catalog.current_setting('max_connections')::int
    - pg_catalog.current_setting('superuser_reserved_connections')::int
    - coalesce(pg_catalog.current_setting('reserved_connections', true), '0')::int
    - a.used,
  case when r.rolconnlimit >= 0 then r.rolconnlimit - a.by_role end,
  case when d.datconnlimit >= 0 then d.datconnlimit - a.in_database end
from pg_catalog.pg_roles as r
cross join pg_catalog.pg_database as d
cross join lateral (
  select
    -- Neither WAL senders nor parallel and subscription workers, which have places of their own.
    pg_catalog.count(*) filter (where k.kind = 'client backend' and s.datid <> 0) as used,
    -- Before 18 the server counts WAL senders here, and never workers.
    pg_catalog.count(*) filter (where s.usesysid = r.oid) as by_role,
    pg_catalog.count(*) filter (where s.datid = d.oid) as in_database
  from pg_catalog.pg_stat_get_activity(null) as s
  -- Whose kind we may not see is taken for a client.
  cross join lateral (select coalesce(s.backend_type, 'client backend') as kind) as k
  where s.usesysid is not null and k.kind in ('client backend', 'walsender')
) as a
where r.rolname = session_user and d.datname = pg_catalog.current_database()`

/** Asks how many more sessions the server, the role and the database allow. */
export async function readLimits(session: Session): Promise<Limits | undefined> {
  const { rows } = await session.run(limitsSql, { timeoutSeconds: 5, maxRows: 1 })
  const [free, roleFree, databaseFree] = (rows[0] ?? []).map((text) => (text === null ? undefined : Number(text)))
  return free === undefined ? undefined : { free, roleFree, databaseFree }
}
