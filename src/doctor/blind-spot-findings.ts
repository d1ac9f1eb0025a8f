import { hiddenStatements } from '../plan/grant-advice.ts'
import { groupVariants, missingPrivileges, planDatabase, planQueries } from '../plan/plan-queries.ts'
import type { Query } from '../query/query.ts'
import { formatVersion } from '../query/version.ts'
import { capabilities } from '../server/capability.ts'
import type { Extension, Facts } from '../server/facts.ts'
import { quoteIdentifier } from '../server/identifier.ts'
import { type MissingGrant, missingGrants } from '../server/missing-grants.ts'
import { detailsOf, type Server } from '../server/server.ts'
import type { Examination, Found } from './examine.ts'
import type { Finding, Step } from './finding.ts'
import { roleToGrant } from './privilege-findings.ts'

/** The capabilities that a grant provides. `extensionFindings` reports those of extensions. */
const grantable = capabilities.filter(({ isServerWide }) => !isServerWide)

/** An extension whose version meets every minimum and whose objects the role may use. */
const newest: Extension = { version: [Number.POSITIVE_INFINITY], schema: 'public', hasUsage: true, refused: new Map() }

/** A query that does not run in a database, and what it lacks. */
export interface BlindSpot {
  readonly query: string
  readonly isServerWide: boolean
  readonly database: string
  readonly capabilities: readonly string[]
  readonly extension: string | undefined
}

/** Finds the queries that would run after grants or the installation of extensions, but not those for other versions or for standbys. */
export function findBlindSpots(
  queries: readonly Query[],
  examinations: readonly Examination[],
  server: Pick<Server, 'detail'>
): readonly BlindSpot[] {
  const candidates = examinations.flatMap(({ database, found }) =>
    found === undefined
      ? []
      : [
          {
            name: database.name,
            isUp: true,
            facts: found.facts,
            access: database.access,
            detail: detailsOf(server, database)
          }
        ]
  )
  const variants = groupVariants(queries)
  return planQueries(queries, candidates).flatMap(({ query, database, skipped }) => {
    const candidate = candidates.find(({ name }) => name === database)
    if (skipped === undefined || candidate === undefined) return []
    const { facts } = candidate
    const granted = { ...facts, capabilities: new Set(capabilities.map(({ name }) => name)) }
    const installed = {
      ...granted,
      extensions: new Map(query.requires.flatMap((one) => (one.kind === 'extension' ? [[one.name, newest]] : [])))
    }
    const own = new Map([[query.name, variants.get(query.name) ?? []]])
    const runsWith = (hypothetical: Facts) =>
      planDatabase(own, { ...candidate, facts: hypothetical }).planned.get(query.name)?.skipped === undefined
    if (!runsWith(installed)) return []
    const required = query.requires.flatMap((one) => (one.kind === 'capability' ? [one.name] : []))
    const missing = required.filter((name) => !facts.capabilities.has(name) && grantable.some((one) => one.name === name))
    const extension = runsWith(granted) ? undefined : query.requires.find((one) => one.kind === 'extension')
    return [{ query: query.name, isServerWide: query.scope === 'server', database, capabilities: missing, extension: extension?.name }]
  })
}

/**
 * The blind spots of the roles, with one finding per reason. A privilege that pg_monitor lacks is only a hint, and so is
 * a blind spot that affects no server-wide query.
 */
export function blindSpotFindings(blindSpots: readonly BlindSpot[], examinations: readonly Examination[]): readonly Finding[] {
  const byReason = new Map<
    string,
    { role: string; grant: MissingGrant; databases: Set<string>; queries: Set<string>; isServerWide: boolean }
  >()
  for (const { query, isServerWide, database, capabilities: missing } of blindSpots) {
    const facts = foundIn(examinations, database)?.facts
    if (facts === undefined) continue
    for (const grant of missingGrants(facts).filter((one) => one.capabilities.some((name) => missing.includes(name)))) {
      const key = JSON.stringify([facts.role, grant])
      const group = byReason.get(key) ?? { role: facts.role, grant, databases: new Set(), queries: new Set(), isServerWide: false }
      byReason.set(key, group)
      group.databases.add(database)
      group.queries.add(query)
      group.isServerWide ||= isServerWide
    }
  }
  return [...byReason.values()].map(({ role, grant, databases, queries, isServerWide }) => {
    const { blindSpots: invisible, cause, statements, isRefused } = grant
    const reason = cause === undefined ? '' : `: ${cause}`
    const isHint = isRefused || !isServerWide
    const advice = isHint ? `; ${isRefused ? 'if this is not a hosted server, ' : ''}run: ${statements.join('; ')}` : ''
    return {
      severity: isHint ? 'hint' : 'error',
      databases: [...databases],
      text: `${role} cannot see ${invisible.join('; ')}${reason}${advice}`,
      effect: `${queries.size === 1 ? '1 query does' : `${queries.size} queries do`} not run: ${[...queries].join(', ')}`,
      fix: isHint ? [] : statements.map((statement) => ({ sql: `${statement};` }))
    }
  })
}

/** Extensions that queries require and that are missing, too old, not loaded or not accessible. Only pg_stat_statements is an error; others are hints. */
export function extensionFindings(
  blindSpots: readonly BlindSpot[],
  queries: readonly Query[],
  examinations: readonly Examination[]
): readonly Finding[] {
  const names = new Set(queries.flatMap((query) => query.requires.flatMap((one) => (one.kind === 'extension' ? [one.name] : []))))
  return [...names].flatMap((name) => {
    const affected = blindSpots.filter(({ extension }) => extension === name)
    const home =
      examinations.find(({ found }) => found?.facts.extensions.has(name)) ?? examinations.find(({ found }) => found !== undefined)
    if (home?.found === undefined) return []
    const { facts, details } = home.found
    const database = home.database.name
    const installed = facts.extensions.get(name)
    const isUnloaded = name === 'pg_stat_statements' && !details.isPreloaded
    if (affected.length === 0 && !isUnloaded) return []
    const privileges = queries
      .filter((query) => affected.some((one) => one.database === database && one.query === query.name))
      .flatMap((query) => missingPrivileges(query, name, facts))
    const { state, statements } = describeExtension(
      name,
      installed,
      [...new Set(privileges)],
      facts.role,
      roleToGrant(facts.role, examinations)
    )
    const states = [...(affected.length > 0 ? [state] : []), ...(isUnloaded ? ['was not loaded when the server started'] : [])]
    const isHint = name !== 'pg_stat_statements'
    return [
      {
        severity: isHint ? 'hint' : 'error',
        databases: [database],
        text: `${name} ${states.join(', and ')}${isHint ? `; run: ${statements.join('; ')}` : ''}`,
        effect:
          affected.length > 0
            ? `these queries do not run: ${[...new Set(affected.map(({ query }) => query))].join(', ')}`
            : 'its queries fail',
        fix: [
          ...(isUnloaded ? preloadSteps(home.found) : []),
          ...(affected.length > 0 ? statements.map((sql) => ({ sql: `${sql};`, database })) : [])
        ]
      }
    ]
  })
}

/** Roles whose statements are exported without queryid, as hints. */
export function hiddenStatementFindings(examinations: readonly Examination[]): readonly Finding[] {
  const reached = examinations.flatMap(({ database: { name }, found }) => (found === undefined ? [] : [{ name, facts: found.facts }]))
  return hiddenStatements(reached).map(({ database, text, fix }) => ({
    severity: 'hint',
    databases: [database],
    text: `${text}; run there: ${fix}`,
    effect: 'their names and texts are missing',
    fix: []
  }))
}

/** The state of an extension that queries cannot use, and the statements that change it. */
function describeExtension(name: string, installed: Extension | undefined, privileges: readonly string[], role: string, grantee: string) {
  if (installed === undefined) return { state: 'is not installed', statements: [`create extension ${name}`] }
  if (privileges.length > 0) {
    return {
      state: `cannot be used: ${role} lacks ${privileges.join(', ')}`,
      statements: privileges.map((one) => `grant ${one} to ${quoteIdentifier(grantee)}`)
    }
  }
  return {
    state: `has version ${formatVersion(installed.version)}, which is too old`,
    statements: [`alter extension ${name} update`]
  }
}

/** The steps that add the library to shared_preload_libraries. If the role cannot read this setting, the step is a comment. */
function preloadSteps({ details }: Found): readonly Step[] {
  const loaded = details.settings.get('shared_preload_libraries')
  const rds = '-- add pg_stat_statements to shared_preload_libraries in the parameter group, then reboot the instance'
  if (loaded === undefined) return [{ sql: '-- add pg_stat_statements to shared_preload_libraries, then restart PostgreSQL', rds }]
  const libraries = [...loaded.split(',').map((name) => name.trim()), 'pg_stat_statements'].filter((name) => name !== '')
  const list = [...new Set(libraries)].map((name) => `'${name.replaceAll('"', '').replaceAll("'", "''")}'`).join(', ')
  return [
    { sql: `alter system set shared_preload_libraries = ${list};`, rds },
    { sql: '-- then restart PostgreSQL', rds }
  ]
}

function foundIn(examinations: readonly Examination[], name: string): Found | undefined {
  return examinations.find(({ database }) => database.name === name)?.found
}
