import { compareVersions } from '../query/version.ts'
import type { Facts } from '../server/facts.ts'
import { quoteIdentifier } from '../server/identifier.ts'
import { missingGrants } from '../server/missing-grants.ts'
import { enableSteps, trackingSettings } from '../server/tracking.ts'
import type { Candidate } from './plan-queries.ts'

interface Reached {
  readonly name: string
  readonly facts: Facts
}

/** The blind spots on a server with their reasons and the statements that remove each, one line per statement. */
export function grantAdvice(databases: readonly Candidate[]): readonly string[] {
  const reached = databases.flatMap(({ name, isUp, facts }) => (isUp && facts !== undefined ? [{ name, facts }] : []))
  const lines = reached.flatMap(({ facts }) =>
    missingGrants(facts).map(({ blindSpots, cause, statements, isRefused }) => {
      const where = isRefused ? 'if this is not a hosted server, run as a superuser in each database' : 'run as a superuser'
      const reason = cause === undefined ? '' : `: ${cause}`
      return `role ${facts.role} cannot see ${blindSpots.join('; ')}${reason}; ${where}: ${statements.join('; ')}`
    })
  )
  return [...new Set(lines), ...statementAdvice(reached), ...trackingAdvice(reached)]
}

/** Advice on pg_stat_statements: the extension is needed in one database, and its library must be loaded at server start. */
function statementAdvice(reached: readonly Reached[]): readonly string[] {
  if (reached.length === 0) return []
  const installed = reached.filter(({ facts }) => facts.extensions.has('pg_stat_statements'))
  const [first] = installed
  if (reached.some(({ facts }) => facts.capabilities.has('pg_stat_statements'))) {
    const isOld = ({ facts }: Reached) => compareVersions(facts.extensions.get('pg_stat_statements')?.version ?? [], [1, 8]) < 0
    if (first === undefined || !installed.every(isOld)) return []
    return [
      `statements are not exported: pg_stat_statements in database ${first.name} is older than 1.8; run there: alter extension pg_stat_statements update`
    ]
  }
  const preload =
    "alter system set shared_preload_libraries = 'pg_stat_statements' (if `show shared_preload_libraries` lists others, append it to them; on RDS in the parameter group), then restart PostgreSQL"
  if (first === undefined) {
    return [
      `statements are not exported: run create extension pg_stat_statements in database ${reached[0]?.name}; if its library is not loaded: ${preload}`
    ]
  }
  const privileges = missingOn(first)
  return [
    privileges.length > 0
      ? `statements are not exported: role ${first.facts.role} lacks ${privileges.join(' and ')} in database ${first.name}; run there: ${privileges.map((one) => `grant ${one} to ${quoteIdentifier(first.facts.role)}`).join('; ')}`
      : `statements are not exported: pg_stat_statements is installed in database ${first.name} but was not loaded at server start; run: ${preload}`
  ]
}

/** The privileges on pg_stat_statements that the role lacks. */
function missingOn({ facts }: Reached): readonly string[] {
  const extension = facts.extensions.get('pg_stat_statements')
  if (extension === undefined) return []
  const execute = extension.refused.get('pg_stat_statements()')
  return [...(extension.hasUsage ? [] : [`usage on schema ${extension.schema}`]), ...(execute === undefined ? [] : [execute])]
}

/** The tracking settings that disable counting, with the database if it is a database-specific setting. */
function trackingAdvice(reached: readonly Reached[]): readonly string[] {
  const lines = reached.flatMap(({ name: database, facts }) =>
    trackingSettings.flatMap((setting) => {
      const { isOn = true, source } = facts.tracking.get(setting.name) ?? {}
      if (isOn) return []
      const where = source === 'database' ? ` in database ${database}` : ''
      return `${setting.effect}${where}, because ${setting.name} disables it; run as a superuser: ${enableSteps(setting, source, database).join('; ')}`
    })
  )
  return [...new Set(lines)]
}
