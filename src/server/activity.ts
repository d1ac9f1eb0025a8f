import { compactSql } from '../query/compact-sql.ts'
import type { Activity } from '../query/query.ts'
import type { Version } from '../query/version.ts'
import type { Read } from './facts.ts'
import { runSupported } from './find-refusals.ts'
import type { Refusals } from './refusals.ts'
import type { Session } from './session.ts'

/** The activities in the database of a session; undefined for those that are unknown. */
export type Activities = ReadonlyMap<Activity, boolean | undefined>

const options = { timeoutSeconds: 5, maxRows: 1 }

/** COPY reports its progress since PostgreSQL 14; older servers reject its name. */
function commandsOf([major = 0]: Version): readonly Activity[] {
  return ['analyze', 'cluster', ...(major >= 14 ? (['copy'] as const) : []), 'create index', 'vacuum']
}

/**
 * Reads which commands report progress in the database and whether autovacuum runs there, from the functions behind
 * pg_stat_progress_* and pg_stat_activity: every role sees the database of a command, and one statement replaces all queries
 * about commands that do not run. Throws if the session was lost.
 */
export async function readActivities(session: Session, version: Version, known: Refusals, now: number): Promise<Read<Activities>> {
  const commands = commandsOf(version)
  const sql = compactSql(`
select
  array(
    select c.name
    from pg_catalog.unnest('{${commands.join(',')}}'::text[]) as c (name)
    where exists (
      select from pg_catalog.pg_stat_get_progress_info(c.name) as p
      where p.datid = (select d.oid from pg_catalog.pg_database as d where d.datname = pg_catalog.current_database())
    )
  )::text as running,
  exists (
    select from pg_catalog.pg_stat_get_activity(null) as a
    where a.backend_type = 'autovacuum worker'
      and a.datid = (select d.oid from pg_catalog.pg_database as d where d.datname = pg_catalog.current_database())
  ) as is_vacuumed`)
  try {
    const { answer, refusals } = await runSupported(session, { name: 'activity', sql, options }, known, now)
    const [running, isVacuumed] = answer?.rows[0] ?? []
    const value = new Map<Activity, boolean | undefined>(
      commands.map((name) => [name, running == null ? undefined : running.includes(name)])
    )
    return { value: value.set('autovacuum', isVacuumed == null ? undefined : isVacuumed === 't'), refusals }
  } catch (error) {
    if (!session.isOpen()) throw error
    return { value: new Map(), refusals: known }
  }
}
