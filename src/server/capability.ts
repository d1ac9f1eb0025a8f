/** Something that a role may or may not see, and how to test for it. `missingGrants` returns what is missing. */
export interface Capability {
  readonly name: string
  /** The source of the privilege: membership in a predefined role, EXECUTE on a function of pg_catalog, or an extension. */
  readonly kind: 'role' | 'function' | 'extension'
  /** Whether the capability in one database is sufficient for the whole server. */
  readonly isServerWide: boolean
  /** A boolean SQL expression, evaluated for the role of the session. */
  readonly sql: string
  /** What a role without it cannot see; completes "cannot see …". */
  readonly blindSpot: string
}

/** A predefined role whose privileges the role of the session has immediately, without SET ROLE. */
function role(name: string, blindSpot: string): Capability {
  return { name, kind: 'role', isServerWide: false, sql: `pg_catalog.pg_has_role('${name}', 'usage')`, blindSpot }
}

/** A function on which pg_monitor has EXECUTE by default; hosted servers can differ. */
function monitorFunction(name: string, blindSpot: string): Capability {
  const sql = `pg_catalog.has_function_privilege('pg_catalog.${name}()', 'execute')`
  return { name, kind: 'function', isServerWide: false, sql, blindSpot }
}

/** The capabilities that queries may require. Source: PostgreSQL's documentation, "Predefined Roles". */
export const capabilities: readonly Capability[] = [
  monitorFunction('pg_ls_waldir', 'the WAL directory'),
  monitorFunction('pg_ls_archive_statusdir', 'the WAL directory'),
  role('pg_read_all_settings', 'settings that only superusers may read'),
  role(
    'pg_read_all_stats',
    'sessions and statements of roles without a credential in the configuration, replication, autovacuum, and sizes of databases to which no credential can connect'
  ),
  role('pg_monitor', 'shared buffers'),
  {
    name: 'pg_stat_statements',
    kind: 'extension',
    isServerWide: true,
    // postgresql.conf may contain settings of a library that is not loaded. pg_settings lists only defined settings; reading it
    // is expensive, so the other tests precede it.
    sql: `exists (
    select from pg_catalog.pg_extension as e
    where e.extname = 'pg_stat_statements'
      and case
        when pg_catalog.current_setting('pg_stat_statements.max', true) is null then false
        when not pg_catalog.has_schema_privilege(e.extnamespace, 'usage') then false
        when not exists (
          select from pg_catalog.pg_proc as p
          where p.proname = 'pg_stat_statements' and p.pronamespace = e.extnamespace
            and pg_catalog.has_function_privilege(p.oid, 'execute')
        ) then false
        else exists (select from pg_catalog.pg_settings as s where s.name = 'pg_stat_statements.max')
      end
  )`,
    blindSpot: 'statement statistics'
  }
]
