/** Something a credential may or may not do, and how it is found out and granted. */
export interface Capability {
  readonly name: string
  /** Whether one database that has it is enough for the whole server. */
  readonly isOfServer: boolean
  /** A boolean expression that PostgreSQL answers for the session's role. */
  readonly sql: string
  /** What a role without it cannot see. */
  readonly blindTo: string
  /** The statement that gives it; `%s` is the role. */
  readonly grant: string
}

/** The capabilities that queries may require. Source: PostgreSQL's documentation, "Predefined Roles". */
export const capabilities: readonly Capability[] = [
  {
    name: 'pg_monitor',
    isOfServer: false,
    sql: "pg_catalog.has_function_privilege('pg_catalog.pg_ls_waldir()', 'execute')",
    blindTo: 'the WAL directory',
    grant: 'grant pg_monitor to %s'
  },
  {
    name: 'pg_read_all_settings',
    isOfServer: false,
    sql: "pg_catalog.pg_has_role('pg_read_all_settings', 'usage')",
    blindTo: 'settings that only a superuser may read',
    grant: 'grant pg_monitor to %s'
  },
  {
    name: 'pg_read_all_stats',
    isOfServer: false,
    sql: "pg_catalog.pg_has_role('pg_read_all_stats', 'usage')",
    blindTo: "other roles' sessions, statements and replication, and the sizes of databases it cannot connect to",
    grant: 'grant pg_monitor to %s'
  },
  {
    name: 'pg_stat_statements',
    isOfServer: true,
    sql: `pg_catalog.current_setting('pg_stat_statements.max', true) is not null
    and exists (select from pg_catalog.pg_extension as e where e.extname = 'pg_stat_statements')`,
    blindTo: 'statements',
    grant: "create extension pg_stat_statements, with shared_preload_libraries = 'pg_stat_statements' (a restart)"
  }
]
