import { compareVersions } from '../query/version.ts'
import type { Facts } from '../server/facts.ts'
import { quoteIdentifier } from '../server/identifier.ts'
import { missingGrants } from '../server/missing-grants.ts'
import { enableSteps, rolesOff, trackingSettings } from '../server/tracking.ts'
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
      const how = `run as a superuser${onPrimary(facts)}`
      const where = isRefused ? `if this is not a hosted server, ${how} in each database` : how
      const reason = cause === undefined ? '' : `: ${cause}`
      return `role ${facts.role} cannot see ${blindSpots.join('; ')}${reason}; ${where}: ${statements.join('; ')}`
    })
  )
  return [...new Set(lines), ...statementAdvice(reached), ...trackingAdvice(reached)]
}

/** A standby is read-only: roles, privileges and extensions are those of its primary. */
function onPrimary({ isStandby }: Facts): string {
  return isStandby ? ' on the primary' : ''
}

/** Advice on pg_stat_statements: the extension is needed in one database, and its library must be loaded at server start. */
function statementAdvice(reached: readonly Reached[]): readonly string[] {
  if (reached.length === 0) return []
  const installed = reached.filter(({ facts }) => facts.extensions.has('pg_stat_statements'))
  const [first] = installed
  if (reached.some(({ facts }) => facts.capabilities.has('pg_stat_statements'))) {
    const isOld = ({ facts }: Reached) => compareVersions(facts.extensions.get('pg_stat_statements')?.version ?? [], [1, 8]) < 0
    if (first === undefined || !installed.every(isOld))
      return hiddenStatements(reached).map(({ text, fix }) => `${text}; run there: ${fix}`)
    return [
      `statements are not exported: pg_stat_statements in database ${first.name} is older than 1.8; run there: alter extension pg_stat_statements update`
    ]
  }
  const preload =
    "alter system set shared_preload_libraries = 'pg_stat_statements' (if `show shared_preload_libraries` lists others, append it to them; on RDS in the parameter group), then restart PostgreSQL"
  if (first === undefined) {
    const where = reached[0] === undefined ? '' : onPrimary(reached[0].facts)
    return [
      `statements are not exported: run create extension pg_stat_statements in database ${reached[0]?.name}${where}; if its library is not loaded: ${preload}`
    ]
  }
  const privileges = missingOn(first)
  return [
    privileges.length > 0
      ? `statements are not exported: role ${first.facts.role} lacks ${privileges.join(' and ')} in database ${first.name}; run there: ${privileges.map((one) => `grant ${one} to ${quoteIdentifier(first.facts.role)}`).join('; ')}`
      : `statements are not exported: pg_stat_statements is installed in database ${first.name} but was not loaded at server start; run: ${preload}`
  ]
}

/** A role whose statements no session can name, and the statement that makes its own session see them. */
export interface HiddenStatements {
  readonly database: string
  readonly text: string
  readonly fix: string
}

/**
 * The roles whose statements count in `other` although their credentials are configured: without pg_read_all_stats only the
 * session of a role returns the queryids of its statements, which requires pg_stat_statements in its database.
 */
export function hiddenStatements(reached: readonly Reached[]): readonly HiddenStatements[] {
  const has = (name: string) => reached.filter(({ facts }) => facts.capabilities.has(name))
  const usable = has('pg_stat_statements')
  if (usable.length === 0 || usable.some((one) => has('pg_read_all_stats').includes(one))) return []
  const seen = new Set(usable.map(({ facts }) => facts.role))
  return reached.flatMap((one) => {
    const { name: database, facts } = one
    if (seen.has(facts.role)) return []
    seen.add(facts.role)
    const isInstalled = facts.extensions.has('pg_stat_statements')
    const privileges = missingOn(one)
    if (isInstalled && privileges.length === 0) return []
    const cause = isInstalled ? `the role lacks ${privileges.join(' and ')}` : 'pg_stat_statements is not installed'
    const grants = privileges.map((privilege) => `grant ${privilege} to ${quoteIdentifier(facts.role)}`)
    return {
      database,
      text: `statements of role ${facts.role} are exported as other only, because ${cause} in database ${database}`,
      fix: isInstalled ? grants.join('; ') : 'create extension pg_stat_statements'
    }
  })
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
      const isInCatalog = source === 'database' || source === 'global'
      const where = source === 'database' ? ` in database ${database}` : ''
      return `${setting.effect}${where}, because ${setting.name} disables it; run as a superuser${isInCatalog ? onPrimary(facts) : ''}: ${enableSteps(setting, source, database).join('; ')}`
    })
  )
  const ofRoles = reached.flatMap(({ facts }) =>
    rolesOff(facts.tracking).map(({ text, fix }) => `${text}; run as a superuser${onPrimary(facts)}: ${fix}`)
  )
  return [...new Set([...lines, ...ofRoles])]
}
