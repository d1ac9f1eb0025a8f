import { quoteIdentifier } from './identifier.ts'

/** A setting that disables the statistics that queries read. */
export interface TrackingSetting {
  readonly name: string
  /** A boolean SQL expression: whether the setting of the session enables counting; null if the setting does not exist. */
  readonly sql: string
  /** The expression that applies if `sql` is false. */
  readonly otherwise?: string
  /** The consequence while it is off. */
  readonly effect: string
  /** The value that enables counting. */
  readonly recommended: string
}

const isOn = (name: string) => `pg_catalog.current_setting('${name}', true) <> 'off'`
const hasStatements = "pg_catalog.current_setting('pg_stat_statements.max', true) is not null"

/** The tracking settings. If one is off, it is reported like a missing capability. */
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
    sql: `case when ${hasStatements} then ${isOn('compute_query_id')} end`,
    // If another library computes the identifiers, this setting must be off. Then the statement of this session has one.
    otherwise: `(
        select pg_catalog.to_jsonb(a) ->> 'query_id' is not null
        from pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()) as a
      )`,
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

/** The state of a tracking setting. */
export interface Tracking {
  /** Whether it is on for roles without role-specific settings; undefined if a setting of our role hides the value. */
  readonly isOn: boolean | undefined
  /** While it is off, the source of the value, as in pg_settings. */
  readonly source: string | undefined
  /** Where nothing is counted because of it: in this database or in all databases; undefined if something is counted. */
  readonly offIn: 'here' | 'everywhere' | undefined
  /** The other roles that have it off in this database, as ALTER ROLE names them: what their sessions do is not counted. */
  readonly offFor?: readonly string[]
}

/**
 * The state of the settings as a JSON object, without those that do not exist. A setting acts in the backend that does the
 * work, and `alter database` and `alter role` can set it for some backends. The value in the sessions of applications
 * therefore applies, not the value in ours:
 *
 * - A database-specific setting applies to its database only.
 * - A role-specific setting applies to its role only; while one role has the setting on, something is counted.
 * - The value in our session is that of the server only if neither our role nor our database sets it. Otherwise the value of
 *   the server is not visible, and PostgreSQL's default, on, is assumed.
 *
 * Source: PostgreSQL's documentation, "Parameter Interaction via the Database".
 */
export const trackingSql = `(
    select pg_catalog.json_object_agg(
      t.name,
      pg_catalog.json_build_array(
        case when not v.is_of_our_role then t.is_on end,
        case when not t.is_on then (select s.source from pg_catalog.pg_settings as s where s.name = t.name) end,
        case
          when t.is_on and not v.is_ours then null
          when not t.is_on and not v.is_ours and not v.is_on_somewhere then 'everywhere'
          when coalesce(v.is_off_here, not t.is_on and not v.is_ours) and not v.is_on_for_role then 'here'
        end,
        v.off_for
      )
    )
    from (
      values
        ${trackingSettings.map(({ name, sql, otherwise = 'false' }) => `('${name}', case ${sql} when false then ${otherwise} else ${sql} end)`).join(',\n        ')}
    ) as t (name, is_on)
    cross join lateral (
      select
        coalesce(pg_catalog.bool_or(o.is_ours), false) as is_ours,
        coalesce(pg_catalog.bool_or(o.is_ours and o.setrole <> 0), false) as is_of_our_role,
        pg_catalog.bool_or(o.is_off) filter (where o.is_here and o.setrole = 0) as is_off_here,
        coalesce(pg_catalog.bool_or(not o.is_off) filter (where o.setrole <> 0 and (o.is_here or o.setdatabase = 0)), false) as is_on_for_role,
        coalesce(pg_catalog.bool_or(not o.is_off), false) as is_on_somewhere,
        pg_catalog.array_agg(distinct o.altered) filter (where o.is_off and o.setrole <> 0 and not o.is_ours and (o.is_here or o.setdatabase = 0)) as off_for
      from (
        select
          r.setrole,
          r.setdatabase,
          pg_catalog.quote_ident(s.rolname)
            || case when r.setdatabase <> 0 then ' in database ' || pg_catalog.quote_ident(d.datname) else '' end as altered,
          r.setdatabase = d.oid as is_here,
          r.setdatabase in (0, d.oid) and r.setrole in (0, u.oid) as is_ours,
          pg_catalog.lower(pg_catalog.split_part(c.entry, '=', 2)) in ('off', 'false', 'no', '0', 'none') as is_off
        from pg_catalog.pg_db_role_setting as r
        cross join lateral pg_catalog.unnest(r.setconfig) as c (entry)
        join pg_catalog.pg_database as d on d.datname = pg_catalog.current_database()
        join pg_catalog.pg_roles as u on u.rolname = session_user
        left join pg_catalog.pg_roles as s on s.oid = r.setrole
        -- A value of all roles in all databases is part of the value of the server.
        where pg_catalog.split_part(c.entry, '=', 1) = t.name and (r.setdatabase, r.setrole) <> (0, 0)
      ) as o
    ) as v
    where t.is_on is not null
  )`

/**
 * The result of `trackingSql` if all settings are on and neither a role nor a database has its own value; otherwise
 * null. In a new session, it costs a tenth of `trackingSql`.
 */
export const usualTrackingSql = `(
    select case
      when pg_catalog.bool_and(t.is_on) and not exists (
        select
        from pg_catalog.pg_db_role_setting as r
        where (r.setdatabase, r.setrole) <> (0, 0) and r.setconfig::text ~ '${trackingSettings.map(({ name }) => `${name}=`).join('|')}'
      ) then pg_catalog.json_object_agg(t.name, pg_catalog.json_build_array(true, null, null, null))
    end
    from (
      values
        ${trackingSettings.map(({ name, sql }) => `('${name}', ${sql})`).join(',\n        ')}
    ) as t (name, is_on)
    where t.is_on is not null
  )`

/** Reads the result of `trackingSql`. */
export function parseTracking(text: string): ReadonlyMap<string, Tracking> {
  const states: Record<string, [boolean | null, string | null, 'here' | 'everywhere' | null, string[] | null]> = JSON.parse(text)
  return new Map(
    Object.entries(states).map(([name, [isOn, source, offIn, offFor]]) => [
      name,
      {
        isOn: isOn ?? undefined,
        source: source ?? undefined,
        offIn: offIn ?? undefined,
        offFor: offFor ?? []
      }
    ])
  )
}

/** The roles for which a setting is off although it is on for others, with the statement that enables it. */
export function rolesOff(tracking: ReadonlyMap<string, Tracking>): readonly { readonly text: string; readonly fix: string }[] {
  return trackingSettings.flatMap(({ name }) => {
    const { isOn = true, offFor = [] } = tracking.get(name) ?? {}
    if (!isOn) return []
    return offFor.map((role) => ({
      text: `${name} is off for role ${role}, so that the activity of its sessions is not counted`,
      fix: `alter role ${role} reset ${name}`
    }))
  })
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
