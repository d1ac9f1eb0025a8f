import type { Query } from '../query/query.ts'
import { formatRequirement, type Requirement } from '../query/requirement.ts'
import { compareVersions, formatVersion } from '../query/version.ts'
import type { Facts } from '../server/facts.ts'

/** What is known of a database when its queries are chosen. */
export interface Candidate {
  readonly name: string
  readonly isUp: boolean
  /** The last facts, also while the database is down; undefined until it has answered once. */
  readonly facts: Facts | undefined
  /** Whether the configuration says what roles may do in it. */
  readonly declaresAccess: boolean
}

/** One query of a server: the variant, the database whose session runs it, and why it is skipped, if it is. */
export interface Choice {
  readonly query: Query
  readonly database: string
  readonly skipped: string | undefined
}

/**
 * Chooses for each query of a server its variant and its place: a database-wide query in every database, a
 * server-wide one in the database whose role can see most, the configured order deciding between equals, and
 * the next one where the first was refused it.
 */
export function chooseQueries(
  queries: readonly Query[],
  databases: readonly Candidate[],
  isRefused: (query: string, database: string) => boolean = () => false
): readonly Choice[] {
  const names = [...new Set(queries.map((query) => query.name))]
  const known = databases.filter(({ facts }) => facts !== undefined)
  // What a database that has never answered could run is not known, so it is asked only when there is no other.
  const bySight = (known.length > 0 ? known : [...databases]).sort((left, right) => sight(right) - sight(left))
  return names.flatMap((name) => {
    const newestFirst = queries
      .filter((query) => query.name === name)
      .sort((left, right) => compareVersions(right.variant ?? [], left.variant ?? []))
    const isDatabaseWide = newestFirst[0]?.scope === 'database'
    const choices = (isDatabaseWide ? databases : bySight).flatMap((database) => chooseVariant(newestFirst, database))
    if (isDatabaseWide) return choices
    const fitting = choices.filter((choice) => choice.skipped === undefined)
    return fitting.find((choice) => !isRefused(name, choice.database)) ?? fitting[0] ?? choices[0] ?? []
  })
}

/** How much a role can see; what is down sees least. */
function sight({ isUp, facts }: Candidate): number {
  return (isUp ? 1000 : 0) + (facts?.capabilities.size ?? 0)
}

/** Takes the newest variant whose requirements hold, or else the one that came nearest, with what it lacks. */
function chooseVariant(newestFirst: readonly Query[], candidate: Candidate): readonly Choice[] {
  const { name: database, facts } = candidate
  const judged = newestFirst.map((query) => ({
    query,
    missing: facts === undefined ? [] : requirementsOf(query).filter((requirement) => !holds(requirement, facts, candidate))
  }))
  const [first, ...others] = judged
  if (first === undefined) return []
  const nearest = others.reduce((best, next) => (next.missing.length <= best.missing.length ? next : best), first)
  const best = judged.find(({ missing }) => missing.length === 0) ?? nearest
  const reasons = facts === undefined ? [] : best.missing.map((requirement) => explain(requirement, facts))
  return [{ query: best.query, database, skipped: reasons.length === 0 ? undefined : reasons.join(', ') }]
}

/** A variant's version is a requirement too: of the server, or with a dot of the required extension. */
function requirementsOf({ requires, variant }: Query): readonly Requirement[] {
  if (variant === undefined) return requires
  if (variant.length === 1) return [...requires, { kind: 'server', comparison: '>=', version: variant }]
  return requires.map((requirement) =>
    requirement.kind === 'extension' ? { ...requirement, comparison: '>=', version: variant } : requirement
  )
}

function holds(requirement: Requirement, facts: Facts, { declaresAccess }: Candidate): boolean {
  switch (requirement.kind) {
    case 'role':
      return facts.isStandby === (requirement.role === 'standby')
    case 'capability':
      return facts.capabilities.has(requirement.name)
    case 'declared':
      return declaresAccess
    case 'server':
      return isWithin(facts.version, requirement)
    case 'extension': {
      const extension = facts.extensions.get(requirement.name)
      return extension !== undefined && isWithin(extension.version, requirement)
    }
  }
}

type Bound = Pick<Extract<Requirement, { kind: 'server' }>, 'comparison' | 'version'>

/** `server < 17` means the majors below 17, so a version counts by as many numbers as the bound has. */
function isWithin(version: readonly number[], { comparison, version: bound }: Bound): boolean {
  const difference = compareVersions(version.slice(0, bound.length), bound)
  return comparison === '>=' ? difference >= 0 : difference < 0
}

function explain(requirement: Requirement, facts: Facts): string {
  const needed = `needs ${formatRequirement(requirement)}`
  if (requirement.kind === 'server') return `${needed}, is ${formatVersion(facts.version)}`
  if (requirement.kind !== 'extension') return needed
  const installed = facts.extensions.get(requirement.name)
  return `${needed}, ${installed === undefined ? 'not installed here' : `is ${formatVersion(installed.version)}`}`
}
