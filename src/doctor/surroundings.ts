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
  /** Which of the asked roles exist. */
  readonly roles: ReadonlySet<string>
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
      (select pg_catalog.json_agg(r.rolname) from pg_catalog.pg_roles as r where r.rolname in (${names}))`,
    { timeoutSeconds: 5, maxRows: 1 }
  )
  const [tls, isRds, values, isPreloaded, connectionLimit, roles] = rows[0] ?? []
  const found: Record<string, string> = JSON.parse(values ?? '{}')
  const existing: readonly string[] = JSON.parse(roles ?? '[]')
  return {
    tls: tls ?? undefined,
    platform: isRds === 't' ? 'rds' : 'postgresql',
    settings: new Map(Object.entries(found)),
    isPreloaded: isPreloaded === 't',
    connectionLimit: Number(connectionLimit ?? -1),
    roles: new Set(existing)
  }
}
