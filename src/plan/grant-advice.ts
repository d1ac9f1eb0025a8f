import { compareVersions } from '../query/version.ts'
import { capabilities } from '../server/capability.ts'
import type { Facts } from '../server/facts.ts'
import { quoteIdentifier } from '../server/identifier.ts'
import type { Candidate } from './plan-queries.ts'

interface Reached {
  readonly name: string
  readonly facts: Facts
}

/** The blind spots of the roles on a server with the grant that removes each, one line per grant. */
export function grantAdvice(databases: readonly Candidate[]): readonly string[] {
  const reached = databases.flatMap(({ name, isUp, facts }) => (isUp && facts !== undefined ? [{ name, facts }] : []))
  const blindSpots = new Map<string, { readonly role: string; readonly unseen: Set<string> }>()
  for (const { facts } of reached) {
    for (const { name, isServerWide, grant, blindSpot } of capabilities) {
      if (isServerWide || facts.capabilities.has(name)) continue
      const statement = grant.replace('%s', () => quoteIdentifier(facts.role))
      const known = blindSpots.get(statement) ?? { role: facts.role, unseen: new Set() }
      blindSpots.set(statement, known)
      known.unseen.add(blindSpot)
    }
  }
  return [
    ...[...blindSpots].map(
      ([statement, { role, unseen }]) => `role ${role} cannot see ${[...unseen].join('; ')}; run as a superuser: ${statement}`
    ),
    ...statementAdvice(reached)
  ]
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
  return [
    first === undefined
      ? `statements are not exported: run create extension pg_stat_statements in database ${reached[0]?.name}; if its library is not loaded: ${preload}`
      : `statements are not exported: pg_stat_statements is installed in database ${first.name} but was not loaded at server start; run: ${preload}`
  ]
}
