import { chooseQueries } from '../poll/choose.ts'
import type { Query } from '../query/query.ts'
import { formatVersion } from '../query/version.ts'
import { capabilities as all } from '../server/capability.ts'
import type { Facts } from '../server/facts.ts'
import type { Examination, Found } from './examine.ts'
import type { Problem, Step } from './problem.ts'

/** Those that a grant gives; what an extension gives is told of by itself. */
const capabilities = all.filter(({ isServerWide }) => !isServerWide)

/** A query that cannot run, where, and what is in its way. */
export interface Blind {
  readonly query: string
  readonly database: string
  readonly capabilities: readonly string[]
  readonly extension: string | undefined
}

/** The queries that a grant or an extension would let run; not those of other versions, or of a standby. */
export function findBlind(queries: readonly Query[], examinations: readonly Examination[]): readonly Blind[] {
  const candidates = examinations.flatMap(({ database, found }) =>
    found === undefined ? [] : [{ name: database.name, isUp: true, facts: found.facts, declaresAccess: database.access.size > 0 }]
  )
  return chooseQueries(queries, candidates).flatMap(({ query, database, skipped }) => {
    const facts = candidates.find(({ name }) => name === database)?.facts
    if (skipped === undefined || facts === undefined || /needs (server|role|declared) /.test(skipped)) return []
    const needed = query.requires.flatMap((one) => (one.kind === 'capability' ? [one.name] : []))
    const missing = needed.filter((name) => !facts.capabilities.has(name) && capabilities.some((one) => one.name === name))
    const extension = query.requires.find((one) => one.kind === 'extension')
    const isExtensionMissing = extension?.kind === 'extension' && skipped.includes(`needs ${extension.name}`)
    return [{ query: query.name, database, capabilities: missing, extension: isExtensionMissing ? extension.name : undefined }]
  })
}

/** What the roles cannot see, by the grant that would show it. */
export function blindProblems(blind: readonly Blind[], examinations: readonly Examination[]): readonly Problem[] {
  const byGrant = new Map<string, { facts: Facts; databases: Set<string>; queries: Set<string> }>()
  for (const { query, database, capabilities: missing } of blind) {
    const facts = foundIn(examinations, database)?.facts
    if (facts === undefined) continue
    for (const grant of capabilities.filter(({ name }) => missing.includes(name)).map((one) => one.grant.replace('%s', () => facts.role))) {
      const group = byGrant.get(grant) ?? { facts, databases: new Set(), queries: new Set() }
      byGrant.set(grant, group)
      group.databases.add(database)
      group.queries.add(query)
    }
  }
  return [...byGrant].map(([grant, { facts, databases, queries }]) => {
    const unseen = capabilities.filter(({ name }) => !facts.capabilities.has(name)).map(({ blindSpot }) => blindSpot)
    return {
      kind: 'wrong',
      databases: [...databases],
      text: `${facts.role} is blind to ${unseen.join('; ')}`,
      costs: `${queries.size} queries do not run: ${[...queries].join(', ')}`,
      steps: [{ sql: `${grant};` }]
    }
  })
}

/** Extensions that queries ask for and that are not there, too old, or not loaded. Without pg_stat_statements something is wrong; others are hints. */
export function extensionProblems(
  blind: readonly Blind[],
  queries: readonly Query[],
  examinations: readonly Examination[]
): readonly Problem[] {
  const names = new Set(queries.flatMap((query) => query.requires.flatMap((one) => (one.kind === 'extension' ? [one.name] : []))))
  return [...names].flatMap((name) => {
    const waiting = blind.filter(({ extension }) => extension === name)
    const home =
      examinations.find(({ found }) => found?.facts.extensions.has(name)) ?? examinations.find(({ found }) => found !== undefined)
    if (home?.found === undefined) return []
    const { facts, surroundings } = home.found
    const database = home.database.name
    const installed = facts.extensions.get(name)
    const isUnloaded = name === 'pg_stat_statements' && !surroundings.isPreloaded
    if (waiting.length === 0 && !isUnloaded) return []
    const verb = installed === undefined ? `create extension ${name};` : `alter extension ${name} update;`
    const what = installed === undefined ? 'is not installed' : `is at version ${formatVersion(installed.version)}, which is too old`
    const text = [...(waiting.length > 0 ? [what] : []), ...(isUnloaded ? ['was not loaded when the server started'] : [])]
    const isHint = name !== 'pg_stat_statements'
    return [
      {
        kind: isHint ? 'hint' : 'wrong',
        databases: [database],
        text: `${name} ${text.join(', and ')}${isHint ? `; ${verb.replace(';', '')} mends that` : ''}`,
        costs:
          waiting.length > 0
            ? `these queries do not run: ${[...new Set(waiting.map(({ query }) => query))].join(', ')}`
            : 'its queries fail',
        steps: [...(isUnloaded ? preloadSteps(home.found) : []), ...(waiting.length > 0 ? [{ sql: verb, database }] : [])]
      }
    ]
  })
}

/** Adds the library to those that are loaded already; where these cannot be seen, says so instead. */
function preloadSteps({ surroundings }: Found): readonly Step[] {
  const loaded = surroundings.settings.get('shared_preload_libraries')
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
