import { capabilities } from './capability.ts'
import type { Facts } from './facts.ts'
import { quoteIdentifier } from './identifier.ts'
import { grantRole } from './membership.ts'

/** Capabilities that a role lacks for the same reason. */
export interface MissingGrant {
  readonly capabilities: readonly string[]
  /** What the role cannot see. */
  readonly blindSpots: readonly string[]
  /** The reason, as a clause; undefined if pg_monitor is not granted. */
  readonly cause: string | undefined
  /** The statements that provide the capabilities, without semicolon. */
  readonly statements: readonly string[]
  /** Whether pg_monitor lacks the privilege, as on hosted servers, where it may be impossible to grant it. */
  readonly isRefused: boolean
}

/** The capabilities that a role lacks in a database, with the reason and the statements that provide them. */
export function missingGrants(facts: Facts): readonly MissingGrant[] {
  const missing = capabilities.filter(({ name, isServerWide }) => !isServerWide && !facts.capabilities.has(name))
  if (missing.length === 0) return []
  const group = (part: typeof missing, more: Omit<MissingGrant, 'capabilities' | 'blindSpots'>): MissingGrant => ({
    capabilities: part.map(({ name }) => name),
    blindSpots: [...new Set(part.map(({ blindSpot }) => blindSpot))],
    ...more
  })
  const { isMember, inheritSteps, inherits } = facts.membership
  const grant = (role: string) => grantRole(role, facts.role, { inherits, version: facts.version })
  if (!facts.capabilities.has('pg_monitor')) {
    const isInherited = !isMember || inheritSteps.length === 0
    return [
      group(missing, {
        cause: isInherited ? undefined : 'it is a member of pg_monitor, but does not inherit its privileges',
        statements: isInherited ? grant('pg_monitor') : inheritSteps,
        isRefused: false
      })
    ]
  }
  return missing.map((one) =>
    one.kind === 'function'
      ? group([one], {
          cause: `pg_monitor is granted, but lacks EXECUTE on ${one.name} on this server`,
          statements: [`grant execute on function pg_catalog.${one.name}() to ${quoteIdentifier(facts.role)}`],
          isRefused: true
        })
      : group([one], {
          cause: `pg_monitor is granted, but without the privileges of ${one.name}`,
          statements: grant(one.name),
          isRefused: false
        })
  )
}
