import type { Session } from '../server/session.ts'

/** The platform of the server, which determines the steps of a fix. */
export type Platform = 'postgresql' | 'rds'

/** Properties of a session, its server and its role. */
export interface SessionDetails {
  /** The TLS version; undefined without TLS. */
  readonly tls: string | undefined
  readonly platform: Platform
  /** The settings that determine what can be monitored. Settings that the role may not read are missing. */
  readonly settings: ReadonlyMap<string, string>
  /** Whether pg_stat_statements was loaded when the server started. */
  readonly isPreloaded: boolean
  /** The connection limit of the role; -1 means unlimited. */
  readonly connectionLimit: number
  /** Whether the role is a direct member of pg_monitor and inherits its privileges. */
  readonly isMonitor: boolean
  /** Whether CONNECT on the database was granted to the role directly or to PUBLIC. */
  readonly mayConnect: boolean
  /** Those of the given roles that exist. */
  readonly roles: ReadonlyMap<string, KnownRole>
}

/** The properties of a role that other roles can read. */
export interface KnownRole {
  /** Whether the password has expired. */
  readonly isExpired: boolean
  readonly canLogin: boolean
}

const settings = `
  'shared_preload_libraries', 'track_io_timing',
  'log_statement', 'log_duration', 'log_min_duration_statement', 'log_min_duration_sample', 'auto_explain.log_min_duration', 'pgaudit.log'`

/** Reads the details in one round trip. `users` are the roles of the configuration. */
export async function readSessionDetails(session: Session, users: readonly string[]): Promise<SessionDetails> {
  const names = users.map((user) => `'${user.replaceAll("'", "''")}'`).join(', ')
  const { rows } = await session.run(
    `select
      (select s.version from pg_catalog.pg_stat_ssl as s where s.pid = pg_catalog.pg_backend_pid() and s.ssl),
      exists (select from pg_catalog.pg_roles as r where r.rolname = 'rds_superuser'),
      (select pg_catalog.json_object_agg(s.name, s.setting) from pg_catalog.pg_settings as s where s.name in (${settings})),
      -- Without the library, a custom setting of this name would be a string.
      exists (select from pg_catalog.pg_settings as s where s.name = 'pg_stat_statements.max' and s.vartype = 'integer'),
      (select r.rolconnlimit from pg_catalog.pg_roles as r where r.rolname = current_user),
      exists (
        select from pg_catalog.pg_auth_members as m
        join pg_catalog.pg_roles as r on r.oid = m.member
        join pg_catalog.pg_roles as g on g.oid = m.roleid
        where
          r.rolname = current_user
          and g.rolname = 'pg_monitor'
          and coalesce((pg_catalog.to_jsonb(m) ->> 'inherit_option')::boolean, r.rolinherit)
      ),
      exists (
        select from pg_catalog.pg_database as d
        cross join lateral pg_catalog.aclexplode(coalesce(d.datacl, pg_catalog.acldefault('d', d.datdba))) as a
        left join pg_catalog.pg_roles as r on r.oid = a.grantee
        where d.datname = pg_catalog.current_database() and a.privilege_type = 'CONNECT' and (a.grantee = 0 or r.rolname = current_user)
      ),
      (
        select pg_catalog.json_object_agg(
          r.rolname,
          pg_catalog.json_build_object('isExpired', coalesce(r.rolvaliduntil < pg_catalog.now(), false), 'canLogin', r.rolcanlogin)
        )
        from pg_catalog.pg_roles as r
        where r.rolname in (${names})
      )`,
    { timeoutSeconds: 5, maxRows: 1 }
  )
  const [tls, isRds, values, isPreloaded, connectionLimit, isMonitor, mayConnect, roles] = rows[0] ?? []
  const found: Record<string, string> = JSON.parse(values ?? '{}')
  const existing: Record<string, KnownRole> = JSON.parse(roles ?? '{}')
  return {
    tls: tls ?? undefined,
    platform: isRds === 't' ? 'rds' : 'postgresql',
    settings: new Map(Object.entries(found)),
    isPreloaded: isPreloaded === 't',
    connectionLimit: Number(connectionLimit ?? -1),
    isMonitor: isMonitor === 't',
    mayConnect: mayConnect === 't',
    roles: new Map(Object.entries(existing))
  }
}
