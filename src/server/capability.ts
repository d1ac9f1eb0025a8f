/** Something that a role may or may not see, how to test for it and how to grant it. */
export interface Capability {
  readonly name: string
  /** Whether the capability in one database is sufficient for the whole server. */
  readonly isServerWide: boolean
  /** A boolean SQL expression, evaluated for the role of the session. */
  readonly sql: string
  /** What a role without it cannot see; completes "cannot see …". */
  readonly blindSpot: string
  /** The statement that grants it; `%s` is the role as a quoted identifier. */
  readonly grant: string
}

/** The capabilities that queries may require. Source: PostgreSQL's documentation, "Predefined Roles". */
export const capabilities: readonly Capability[] = [
  {
    name: 'pg_monitor',
    isServerWide: false,
    sql: "pg_catalog.has_function_privilege('pg_catalog.pg_ls_waldir()', 'execute')",
    blindSpot: 'the WAL directory',
    grant: 'grant pg_monitor to %s'
  },
  {
    name: 'pg_read_all_settings',
    isServerWide: false,
    sql: "pg_catalog.pg_has_role('pg_read_all_settings', 'usage')",
    blindSpot: 'settings that only superusers may read',
    grant: 'grant pg_monitor to %s'
  },
  {
    name: 'pg_read_all_stats',
    isServerWide: false,
    sql: "pg_catalog.pg_has_role('pg_read_all_stats', 'usage')",
    blindSpot:
      'sessions and statements of roles that have no credential here, replication, autovacuum, and the sizes of databases to which no credential can connect',
    grant: 'grant pg_monitor to %s'
  },
  {
    name: 'pg_stat_statements',
    isServerWide: true,
    sql: `pg_catalog.current_setting('pg_stat_statements.max', true) is not null
    and exists (select from pg_catalog.pg_extension as e where e.extname = 'pg_stat_statements')`,
    blindSpot: 'statement statistics',
    grant: "create extension pg_stat_statements, with shared_preload_libraries = 'pg_stat_statements' (requires a restart)"
  }
]
