import { quoteIdentifier } from './identifier.ts'

/** A setting without which PostgreSQL does not count what queries read. */
export interface TrackingSetting {
  readonly name: string
  /** A boolean SQL expression: whether the setting of the session enables counting; null if the setting does not exist. */
  readonly sql: string
  /** The consequence while it is off. */
  readonly effect: string
  /** The value that enables counting. */
  readonly recommended: string
}

const isOn = (name: string) => `pg_catalog.current_setting('${name}', true) <> 'off'`
const hasStatements = "pg_catalog.current_setting('pg_stat_statements.max', true) is not null"

/** The settings that disable counting. Each is reported like a capability that no role has. */
export const trackingSettings: readonly TrackingSetting[] = [
  {
    name: 'track_activities',
    sql: isOn('track_activities'),
    effect: 'the states and statements of sessions are not visible',
    recommended: 'on'
  },
  {
    name: 'track_counts',
    sql: isOn('track_counts'),
    effect: 'no statistics of databases and tables are collected, and autovacuum does not run',
    recommended: 'on'
  },
  {
    name: 'compute_query_id',
    // Another library may compute the identifiers; then this setting must be off, and our own statement has one.
    sql: `case
      when not ${hasStatements} then null
      when ${isOn('compute_query_id')} then true
      else (
        select pg_catalog.to_jsonb(a) ->> 'query_id' is not null
        from pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()) as a
        where pg_catalog.current_setting('compute_query_id', true) is not null
      )
    end`,
    effect: 'pg_stat_statements records nothing',
    recommended: 'auto'
  },
  {
    name: 'pg_stat_statements.track',
    sql: `case when ${hasStatements} then pg_catalog.current_setting('pg_stat_statements.track', true) <> 'none' end`,
    effect: 'pg_stat_statements records nothing',
    recommended: 'top'
  }
]

/** The state of a tracking setting, for a session of a role without settings of its own. */
export interface Tracking {
  readonly isOn: boolean
  /** While it is off, the source of the value, as in pg_settings. */
  readonly source: string | undefined
}

/**
 * A JSON object with, for each setting, null if it enables counting, or else the source of its value. A setting that
 * `alter role` sets for the role of the session is missing, because it hides the value that applies to other roles.
 */
export const trackingSql = `(
    select pg_catalog.json_object_agg(
      t.name,
      case when not t.is_on then (select s.source from pg_catalog.pg_settings as s where s.name = t.name) end
    )
    from (
      values
        ${trackingSettings.map(({ name, sql }) => `('${name}', ${sql})`).join(',\n        ')}
    ) as t (name, is_on)
    where
      t.is_on is not null
      and not exists (
        select
        from pg_catalog.pg_db_role_setting as o
        join pg_catalog.pg_roles as r on r.oid = o.setrole
        join pg_catalog.pg_database as d on o.setdatabase in (0, d.oid)
        cross join lateral pg_catalog.unnest(o.setconfig) as c (setting)
        where
          r.rolname = session_user
          and d.datname = pg_catalog.current_database()
          and pg_catalog.starts_with(c.setting, t.name || '=')
      )
  )`

/** Reads the result of `trackingSql`. */
export function parseTracking(text: string): ReadonlyMap<string, Tracking> {
  const sources: Record<string, string | null> = JSON.parse(text)
  return new Map(Object.entries(sources).map(([name, source]) => [name, { isOn: source === null, source: source ?? undefined }]))
}

/** The statements, or a comment, that remove what disables a setting in a database. */
export function enableSteps({ name, recommended }: TrackingSetting, source: string | undefined, database: string): readonly string[] {
  switch (source) {
    case 'database':
      return [`alter database ${quoteIdentifier(database)} reset ${name}`]
    case 'global':
      return [`alter role all reset ${name}`]
    case 'command line':
      return [`-- remove ${name} from the command line of the server, and restart it`]
    default:
      return [`alter system set ${name} = ${recommended}`, 'select pg_reload_conf()']
  }
}
