import { atDetail, lowestDetail } from '../query/at-detail.ts'
import type { Detail } from '../query/detail.ts'
import type { Query, Scope } from '../query/query.ts'
import { formatRequirement, type Requirement } from '../query/requirement.ts'
import { compareVersions, formatVersion } from '../query/version.ts'
import type { Facts } from '../server/facts.ts'
import { noRefusals, type Refusal, type Refusals, withoutRefused } from '../server/refusals.ts'
import type { Access } from '../server/server.ts'
import { extensionObjects, finalSql, ownRowsSql } from './final-sql.ts'

/** The properties of a database that the plan depends on. */
export interface Candidate {
  readonly name: string
  readonly isUp: boolean
  /** The last facts, kept while the database is down; undefined until pgvitals has connected to it once. */
  readonly facts: Facts | undefined
  /** The access of roles that the configuration declares. */
  readonly access: ReadonlyMap<string, Access>
  /** The level of detail of server-wide queries and of database-wide queries in this database; by default `full`. */
  readonly detail?: Readonly<Record<Scope, Detail>>
  /** The functions and relations that the server refuses in this database. */
  readonly refusals?: Refusals
}

/** A query with its final SQL for one database, or the reason why it does not run there. */
export interface PlannedQuery {
  /** The variant that runs, or the one with the fewest missing requirements. */
  readonly query: Query
  /** The database in which it runs. */
  readonly database: string
  /** The database whose rows it returns; `''` for a server-wide query. */
  readonly datname: string
  /**
   * The databases that contribute their own rows to a server-wide query, because the role of its database cannot see all
   * rows. The same in the planned queries of these databases.
   */
  readonly contributors: readonly string[]
  /** Undefined if the query is skipped, and until pgvitals has connected to the database once. */
  readonly sql: string | undefined
  /** The reason why the query does not run; undefined if it runs. */
  readonly skipped: string | undefined
  /** The refused functions and relations of the query. Its columns are missing or, if the query is skipped, all of them. */
  readonly refused?: readonly Refusal[]
}

/** The plan of one database: every query, including server-wide ones, as if it ran there. */
export interface DatabasePlan {
  readonly candidate: Candidate
  /** The planned queries by name. */
  readonly planned: ReadonlyMap<string, PlannedQuery>
}

/**
 * Plans each query of a server: a database-wide query in every database, a server-wide query in the database whose
 * role has the most capabilities, or the first of several. A database that a server-wide query avoids (after a privilege
 * or encoding error) is used only if no other can run it. If the rows of a server-wide query depend on the
 * role and the role does not see all of them, the databases of other roles contribute their own rows.
 */
export function planQueries(
  queries: readonly Query[],
  databases: readonly Candidate[],
  isAvoided: (query: string, database: string) => boolean = () => false
): readonly PlannedQuery[] {
  const variants = groupVariants(queries)
  return joinPlans(
    databases.map((database) => planDatabase(variants, database)),
    isAvoided
  )
}

const grouped = new WeakMap<readonly Query[], ReadonlyMap<string, readonly Query[]>>()

/** The variants of each query, newest first. All servers share those of the same queries. */
export function groupVariants(queries: readonly Query[]): ReadonlyMap<string, readonly Query[]> {
  const known = grouped.get(queries)
  if (known !== undefined) return known
  const byName = new Map<string, readonly Query[]>()
  for (const query of queries) byName.set(query.name, [...(byName.get(query.name) ?? []), query])
  const newestFirst = (left: Query, right: Query) => compareVersions(right.variant ?? [], left.variant ?? [])
  const variants = new Map([...byName].map(([name, all]) => [name, [...all].sort(newestFirst)] as const))
  grouped.set(queries, variants)
  return variants
}

/** Plans every query for one database. The result depends only on the arguments and can be reused until they change. */
export function planDatabase(variants: ReadonlyMap<string, readonly Query[]>, candidate: Candidate): DatabasePlan {
  return { candidate, planned: new Map([...variants].flatMap(([name, newestFirst]) => planVariant(name, newestFirst, candidate))) }
}

/** Joins the plans of all databases of a server, in their configured order, and chooses the database of each server-wide query. */
export function joinPlans(
  plans: readonly DatabasePlan[],
  isAvoided: (query: string, database: string) => boolean
): readonly PlannedQuery[] {
  const known = plans.filter(({ candidate }) => candidate.facts !== undefined)
  // A database without facts is chosen only if no database has facts: it is unknown which queries it can run.
  const bySight = (known.length > 0 ? known : [...plans]).sort((left, right) => sight(right.candidate) - sight(left.candidate))
  const names = [...(plans[0]?.planned.keys() ?? [])]
  return names.flatMap((name) => {
    if (plans[0]?.planned.get(name)?.query.scope === 'database') return plans.flatMap(({ planned }) => planned.get(name) ?? [])
    const places = bySight.flatMap(({ candidate, planned }) => {
      const query = planned.get(name)
      return query === undefined ? [] : [{ candidate, planned: query }]
    })
    // A query that is skipped because of a refusal is runnable, so that the reason is reported.
    const runnable = places.filter(({ planned: { skipped, refused = [] } }) => skipped === undefined || refused.length > 0)
    const available = runnable.filter(({ candidate }) => !isAvoided(name, candidate.name))
    const isMerged = places[0]?.planned.query.merge !== undefined
    const unhindered = available.filter(isPrivileged)
    const host =
      (isMerged ? (unhindered.find(seesAll) ?? available.filter(isRun).find(seesAll)) : undefined) ??
      unhindered.find(({ candidate }) => candidate.isUp) ??
      available.find(isRun) ??
      runnable[0] ??
      places[0]
    if (host === undefined) return []
    if (!isMerged || !isRun(host) || seesAll(host)) return [host.planned]
    // A database with the same role would return the same rows. A database that is down contributes its last rows until they
    // expire. It does not contribute statements, because only one database may count them.
    const others = available
      .filter(isRun)
      .filter(
        ({ candidate: { isUp, facts }, planned }) =>
          facts !== undefined && facts.role !== host.candidate.facts?.role && (isUp || planned.query.statements === undefined)
      )
    const contributors = others.map(({ candidate }) => candidate.name)
    return [{ ...host.planned, contributors }, ...others.map(({ planned }) => contributionOf(planned, contributors))]
  })
}

interface Place {
  readonly candidate: Candidate
  readonly planned: PlannedQuery
}

/** Whether no function or relation is refused because of a missing privilege, which another role may have. */
function isPrivileged({ planned: { refused = [] } }: Place): boolean {
  return refused.every(({ errorClass }) => errorClass !== 'privilege')
}

function isRun({ planned }: Place): boolean {
  return planned.skipped === undefined
}

/** Whether the role sees the rows of all databases. */
function seesAll({ candidate: { isUp, facts } }: Place): boolean {
  return isUp && facts?.capabilities.has('pg_read_all_stats') === true
}

function contributionOf(planned: PlannedQuery, contributors: readonly string[]): PlannedQuery {
  const { query, database, sql } = planned
  return { ...planned, datname: database, contributors, sql: sql === undefined ? undefined : ownRowsSql(query, sql) }
}

/** A rank by the number of capabilities of the role. A database that is down ranks last. */
function sight({ isUp, facts }: Candidate): number {
  return (isUp ? 1000 : 0) + (facts?.capabilities.size ?? 0)
}

/** Chooses the newest variant whose requirements are met, or else the one with the fewest missing requirements. */
function planVariant(name: string, newestFirst: readonly Query[], candidate: Candidate): readonly (readonly [string, PlannedQuery])[] {
  const { name: database, facts, access, refusals = noRefusals } = candidate
  const judged = newestFirst.map((query) => ({
    query,
    missing: facts === undefined ? [] : requirementsOf(query).filter((requirement) => !isMet(query, requirement, facts, candidate))
  }))
  const [first, ...others] = judged
  if (first === undefined) return []
  const nearest = others.reduce((best, next) => (next.missing.length <= best.missing.length ? next : best), first)
  const { query: whole, missing } = judged.find((one) => one.missing.length === 0) ?? nearest
  const level = candidate.detail?.[whole.scope] ?? 'full'
  const query = atDetail(whole, level) ?? whole
  const place = { query, database, datname: query.scope === 'database' ? database : '', contributors: [] }
  // Checked first, because a missing grant is irrelevant if the level excludes the query.
  if (atDetail(whole, level) === undefined) return [[name, { ...place, sql: undefined, skipped: `needs detail: ${lowestDetail(whole)}` }]]
  if (facts === undefined) return [[name, { ...place, sql: undefined, skipped: undefined }]]
  if (missing.length === 0) {
    const { sql, refused } = withoutRefused(finalSql(query, facts, access), refusals)
    const decisive = refusals.get(`query ${name}`) ?? (sql === undefined ? refused.at(-1) : undefined)
    if (decisive === undefined) return [[name, { ...place, sql, skipped: undefined, refused }]]
    const skipped = `the server refuses ${decisive.key === `query ${name}` ? 'it' : decisive.key}: ${decisive.message}`
    return [[name, { ...place, sql: undefined, skipped, refused: [decisive] }]]
  }
  const skipped = missing.map((requirement) => explain(query, requirement, facts)).join(', ')
  return [[name, { ...place, sql: undefined, skipped }]]
}

/**
 * The requirements of a variant, including the version in its file name: of the server or, with a dot, of the required
 * extension.
 */
function requirementsOf({ requires, variant }: Query): readonly Requirement[] {
  if (variant === undefined) return requires
  if (variant.length === 1) return [...requires, { kind: 'server', comparison: '>=', version: variant }]
  return requires.map((requirement) =>
    requirement.kind === 'extension' ? { ...requirement, comparison: '>=', version: variant } : requirement
  )
}

function isMet(query: Query, requirement: Requirement, facts: Facts, { access }: Candidate): boolean {
  switch (requirement.kind) {
    case 'role':
      return facts.isStandby === (requirement.role === 'standby')
    case 'capability':
      return facts.capabilities.has(requirement.name)
    case 'declared':
      return access.size > 0
    case 'setting': {
      const offIn = facts.tracking.get(requirement.name)?.offIn
      return offIn === undefined || (query.scope === 'server' && offIn === 'here')
    }
    case 'server':
      return isWithin(facts.version, requirement)
    case 'extension': {
      const extension = facts.extensions.get(requirement.name)
      return (
        extension !== undefined &&
        isWithin(extension.version, requirement) &&
        missingPrivileges(query, requirement.name, facts).length === 0
      )
    }
  }
}

type Bound = Pick<Extract<Requirement, { kind: 'server' }>, 'comparison' | 'version'>

/** Compares only as many numbers as the bound has: `server < 17` excludes every 17.x. */
function isWithin(version: readonly number[], { comparison, version: bound }: Bound): boolean {
  const difference = compareVersions(version.slice(0, bound.length), bound)
  return comparison === '>=' ? difference >= 0 : difference < 0
}

/** The privileges on an installed extension that the role lacks for a query, as in GRANT; empty if it is not installed. */
export function missingPrivileges(query: Query, extension: string, { extensions }: Facts): readonly string[] {
  const installed = extensions.get(extension)
  if (installed === undefined) return []
  const refused = [...extensionObjects(query, extension)].flatMap((object) => installed.refused.get(object) ?? [])
  return [...(installed.hasUsage ? [] : [`usage on schema ${installed.schema}`]), ...refused]
}

function explain(query: Query, requirement: Requirement, facts: Facts): string {
  const needed = `needs ${formatRequirement(requirement)}`
  if (requirement.kind === 'server') return `${needed}, is ${formatVersion(facts.version)}`
  if (requirement.kind === 'setting') return `tracking is off: ${requirement.name}`
  if (requirement.kind !== 'extension') return needed
  const installed = facts.extensions.get(requirement.name)
  if (installed === undefined) return `${needed}, not installed here`
  if (!isWithin(installed.version, requirement)) return `${needed}, is ${formatVersion(installed.version)}`
  return `${needed}, lacks ${missingPrivileges(query, requirement.name, facts).join(', ')}`
}
