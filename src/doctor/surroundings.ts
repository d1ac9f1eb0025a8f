import type { Session } from '../server/session.ts'

/** Where the server runs, as far as it changes what an administrator has to do. */
export type Platform = 'postgresql' | 'rds'

/** What a session can see around it: how it is connected, where, under which settings. */
export interface Surroundings {
  /** The protocol's version, or undefined without TLS. */
  readonly tls: string | undefined
  readonly platform: Platform
  /** The settings that change what there is to see; those that the role may not read are missing. */
  readonly settings: ReadonlyMap<string, string>
  /** Whether pg_stat_statements was loaded when the server started. */
  readonly isPreloaded: boolean
  /** The role's limit of connections; -1 is none. */
  readonly connectionLimit: number
  /** Whether the role itself was granted pg_monitor, and it or everybody `CONNECT` here; what it has through others does not count. */
  readonly isMonitor: boolean
  readonly mayConnect: boolean
  /** Those of the asked roles that exist, and whether the time of their password is over. */
  readonly roles: ReadonlyMap<string, { readonly isExpired: boolean }>
}

const settings = `
  'shared_preload_libraries', 'track_io_timing', 'compute_query_id', 'pg_stat_statements.track', 'track_activities', 'track_counts'`

/** Asks for all of it in one round trip; `users` are the roles of the configuration. */
export async function readSurroundings(session: Session, users: readonly string[]): Promise<Surroundings> {
  const names = users.map((user) => `'${user.replaceAll("'", "''")}'`).join(', ')
  const { rows } = await session.run(
    `select
      (select s.version from pg_catalog.pg_stat_ssl as s where s.pid = pg_catalog.pg_backend_pid() and s.ssl),
      exists (select from pg_catalog.pg_roles as r where r.rolname = 'rds_superuser'),
      (select pg_catalog.json_object_agg(s.name, s.setting) from pg_catalog.pg_settings as s where s.name in (${settings})),
      -- Without the library it could only be a text that somebody has set.
      exists (select from pg_catalog.pg_settings as s where s.name = 'pg_stat_statements.max' and s.vartype = 'integer'),
      (select r.rolconnlimit from pg_catalog.pg_roles as r where r.rolname = current_user),
      exists (
        select from pg_catalog.pg_auth_members as m
        join pg_catalog.pg_roles as r on r.oid = m.member
        join pg_catalog.pg_roles as g on g.oid = m.roleid
        where r.rolname = current_user and g.rolname = 'pg_monitor'
      ),
      exists (
        select from pg_catalog.pg_database as d
        cross join lateral pg_catalog.aclexplode(coalesce(d.datacl, pg_catalog.acldefault('d', d.datdba))) as a
        left join pg_catalog.pg_roles as r on r.oid = a.grantee
        where d.datname = pg_catalog.current_database() and a.privilege_type = 'CONNECT' and (a.grantee = 0 or r.rolname = current_user)
      ),
      (
        select pg_catalog.json_object_agg(r.rolname, coalesce(r.rolvaliduntil < pg_catalog.now(), false))
        from pg_catalog.pg_roles as r
        where r.rolname in (${names})
      )`,
    { timeoutSeconds: 5, maxRows: 1 }
  )
  const [tls, isRds, values, isPreloaded, connectionLimit, isMonitor, mayConnect, roles] = rows[0] ?? []
  const found: Record<string, string> = JSON.parse(values ?? '{}')
  const existing: Record<string, boolean> = JSON.parse(roles ?? '{}')
  return {
    tls: tls ?? undefined,
    platform: isRds === 't' ? 'rds' : 'postgresql',
    settings: new Map(Object.entries(found)),
    isPreloaded: isPreloaded === 't',
    connectionLimit: Number(connectionLimit ?? -1),
    isMonitor: isMonitor === 't',
    mayConnect: mayConnect === 't',
    roles: new Map(Object.entries(existing).map(([name, isExpired]) => [name, { isExpired }]))
  }
}
