import { compareVersions } from '../query/version.ts'
import { capabilities } from '../server/capability.ts'
import type { Facts } from '../server/facts.ts'
import type { DatabaseState } from './database-state.ts'

/** What the roles are blind to on a server, one line for each thing to run; `pgvitals doctor` writes it as a script. */
export function adviceOf(states: readonly DatabaseState[]): readonly string[] {
  const known = states.flatMap(({ name, isUp, facts }) => (isUp && facts !== undefined ? [{ name, facts }] : []))
  const lacking = known.flatMap(({ facts }) =>
    capabilities
      .filter(({ name, isOfServer }) => !isOfServer && !facts.capabilities.has(name))
      .map(({ grant }) => ({ role: facts.role, grant: grant.replace('%s', () => facts.role) }))
  )
  const grants = new Map(lacking.map(({ role, grant }) => [grant, role]))
  return [
    ...[...grants].map(([grant, role]) => {
      const blindTo = capabilities
        .filter(({ isOfServer, grant: one }) => !isOfServer && one.replace('%s', () => role) === grant)
        .filter(({ name }) => known.some(({ facts }) => facts.role === role && !facts.capabilities.has(name)))
        .map((one) => one.blindTo)
      return `${role} does not see ${blindTo.join('; ')}; as a superuser: ${grant}`
    }),
    ...statementAdvice(known)
  ]
}

/** One database that has the extension is enough; it works where the server loaded its library when it started. */
function statementAdvice(known: readonly { readonly name: string; readonly facts: Facts }[]): readonly string[] {
  if (known.length === 0) return []
  const homes = known.filter(({ facts }) => facts.extensions.has('pg_stat_statements'))
  const [home] = homes
  if (known.some(({ facts }) => facts.capabilities.has('pg_stat_statements'))) {
    const isOld = ({ facts }: (typeof known)[number]) =>
      compareVersions(facts.extensions.get('pg_stat_statements')?.version ?? [], [1, 8]) < 0
    if (home === undefined || !homes.every(isOld)) return []
    return [
      `no statements are seen: pg_stat_statements in ${home.name} is older than 1.8; there: alter extension pg_stat_statements update`
    ]
  }
  const preload =
    "alter system set shared_preload_libraries = 'pg_stat_statements', after a comma where `show shared_preload_libraries` names others (on RDS in the parameter group), then restart PostgreSQL"
  return [
    home === undefined
      ? `no statements are seen: create extension pg_stat_statements in ${known[0]?.name}, and if it is not loaded, ${preload}`
      : `no statements are seen: pg_stat_statements is installed in ${home.name}, but was not loaded when PostgreSQL started; ${preload}`
  ]
}
