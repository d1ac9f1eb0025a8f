import { compactSql } from '../query/compact-sql.ts'
import type { Read } from './facts.ts'
import { runSupported } from './find-refusals.ts'
import type { Refusals } from './refusals.ts'
import type { Session } from './session.ts'

/** The number of sessions that may still be opened under each connection limit; undefined without such a limit. */
export interface Limits {
  /** Under `max_connections`, without the reserved connections. */
  readonly free: number
  /** Under the connection limit of the role. */
  readonly roleFree: number | undefined
  /** Under the connection limit of the database. */
  readonly databaseFree: number | undefined
}

// A superuser can use reserved connections and exceed the connection limits of roles and databases. pgvitals does neither.
const limitsSql = compactSql(`
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
    -- WAL senders, parallel workers and logical replication workers do not use these connections.
    pg_catalog.count(*) filter (where k.kind = 'client backend' and s.datid <> 0) as used,
    -- Before PostgreSQL 18 this limit includes WAL senders. It never includes workers.
    pg_catalog.count(*) filter (where s.usesysid = r.oid) as by_role,
    pg_catalog.count(*) filter (where s.datid = d.oid) as in_database
  from pg_catalog.pg_stat_get_activity(null) as s
  -- A backend whose type is not visible to the role counts as a client.
  cross join lateral (select coalesce(s.backend_type, 'client backend') as kind) as k
  where s.usesysid is not null and k.kind in ('client backend', 'walsender')
) as a
where r.rolname = session_user and d.datname = pg_catalog.current_database()`)

/** Reads how many more sessions the server, the role and the database allow; undefined if the role may not read them. Throws if the session was lost. */
export async function readLimits(session: Session, known: Refusals, now: number): Promise<Read<Limits | undefined>> {
  try {
    const options = { timeoutSeconds: 5, maxRows: 1 }
    const { answer, refusals } = await runSupported(session, { name: 'limits', sql: limitsSql, options }, known, now)
    const [free, roleFree, databaseFree] = (answer?.rows[0] ?? []).map(numberOf)
    return { value: free === undefined ? undefined : { free, roleFree, databaseFree }, refusals }
  } catch (error) {
    if (!session.isOpen()) throw error
    return { value: undefined, refusals: known }
  }
}

function numberOf(text: string | null): number | undefined {
  return text !== null && /^-?\d+$/.test(text) ? Number(text) : undefined
}
