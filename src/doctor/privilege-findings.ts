import type { Facts } from '../server/facts.ts'
import { quoteIdentifier } from '../server/identifier.ts'
import { grantRole } from '../server/membership.ts'
import type { Server } from '../server/server.ts'
import type { Examination } from './examine.ts'
import type { Finding, Step } from './finding.ts'
import { chooseMonitoringRole, connectSteps, setUpSteps } from './monitoring-role.ts'
import type { Right } from './rights.ts'
import type { SessionDetails } from './session-details.ts'

/** Whether a role cannot be reduced to monitoring, because it is an owner or the bootstrap superuser: a dedicated role must replace it. */
export function mustBeReplaced(rights: readonly Right[]): boolean {
  return rights.some(({ kind, on, through }) => through === '' && (kind === 'owner' || on === 'bootstrap'))
}

/** The roles that a dedicated role must replace. */
function replacedRoles(examinations: readonly Examination[]): ReadonlySet<string> {
  return new Set(examinations.flatMap(({ found }) => (found !== undefined && mustBeReplaced(found.rights) ? [found.facts.role] : [])))
}

/** The role that needs the privileges of this one: itself, or the dedicated role that must replace it. */
export function roleToGrant(role: string, examinations: readonly Examination[]): string {
  const replaced = replacedRoles(examinations)
  return replaced.has(role) ? chooseMonitoringRole([...replaced]) : role
}

/**
 * The privileges of the roles beyond monitoring, with one finding for all databases where they are equal.
 * Privileges of PUBLIC are only hints, unless they allow writing.
 */
export function privilegeFindings(server: Server, examinations: readonly Examination[]): readonly Finding[] {
  const reachable = examinations.flatMap(({ database, found }) => (found === undefined ? [] : [{ database: database.name, ...found }]))
  const replaced = replacedRoles(examinations)
  const newRole = chooseMonitoringRole([...replaced])
  const setUp = setUpSteps({
    role: newRole,
    databases: reachable.filter(({ facts }) => replaced.has(facts.role)).map(({ database }) => database),
    maxSessions: server.maxSessions,
    exists: reachable[0]?.details.roles.has(newRole)
  })
  const findings = new Map<string, Finding & { databases: string[]; fix: Step[] }>()
  for (const { database, facts, rights, details } of reachable) {
    const { role } = facts
    const needed = neededGrants(facts, database, details)
    for (const { kind, through, rights: same } of groupRights(rights.filter(({ on }) => on !== 'bootstrap'))) {
      const isPublic = through === 'public'
      const isReplaced = replaced.has(role) && !isPublic
      const origin = isPublic ? ', through PUBLIC' : through === '' ? '' : `, through ${through}`
      const advice = isReplaced ? `; use a dedicated role, ${newRole}` : ''
      const text = `${role} ${describeRights(kind, same)}${origin}${advice}`
      const severity = isPublic && kind !== 'write' ? 'hint' : 'error'
      const finding = findings.get(text) ?? { severity, databases: [], text, effect: undefined, fix: [] }
      findings.set(text, finding)
      finding.databases.push(database)
      finding.fix.push(...(isReplaced ? setUp : same.flatMap((right) => revokeSteps(right, role, database, needed))))
    }
  }
  return [...findings.values()]
}

interface RightGroup {
  readonly kind: Right['kind']
  readonly through: string
  readonly rights: Right[]
}

/** Groups rights by kind and origin. A membership in a powerful role counts as a direct right, not as one through that role. */
function groupRights(rights: readonly Right[]): readonly RightGroup[] {
  const groups = new Map<string, RightGroup>()
  for (const right of rights) {
    const { kind, on } = right
    const through = kind === 'membership' && on === right.through ? '' : right.through
    const key = `${kind} ${through}`
    const group = groups.get(key) ?? { kind, through, rights: [] }
    groups.set(key, group)
    group.rights.push(right)
  }
  return [...groups.values()]
}

/** Describes rights of one kind; completes a sentence that starts with the role. */
function describeRights(kind: Right['kind'], rights: readonly Right[]): string {
  const names = rights.map(({ on }) => on)
  switch (kind) {
    case 'attribute':
      // SUPERUSER includes all other attributes.
      return names.includes('superuser') ? 'is a superuser' : `has ${names.map((name) => name.toUpperCase()).join(', ')}`
    case 'membership':
      return `is a member of ${names.join(', ')}`
    case 'owner':
      return `owns ${rights.map(({ on, tables }) => (tables > 0 ? `${countTables(tables)} in ${on}` : on)).join(', ')}`
    case 'write':
      return `has ${rights.map(({ on, tables, privileges }) => `${privileges.toUpperCase()} on ${countTables(tables)} in schema ${on}`).join(', ')}`
    case 'create':
      return `has CREATE on ${names.join(', ')}`
  }
}

function countTables(tables: number): string {
  return tables === 1 ? '1 table' : `${tables} tables`
}

/** The grants for monitoring that the role does not have directly. */
function neededGrants({ role, version, membership }: Facts, database: string, { isMonitor, mayConnect }: SessionDetails): readonly Step[] {
  const grants = isMonitor ? [] : grantRole('pg_monitor', role, { version, inherits: membership.inherits })
  return [...grants.map((sql) => ({ sql: `${sql};` })), ...(mayConnect ? [] : connectSteps([database], role))]
}

/** Revokes a right. If monitoring may depend on it, the steps grant what monitoring needs. */
function revokeSteps({ kind, on, privileges, through }: Right, role: string, database: string, missing: readonly Step[]): readonly Step[] {
  const name = quoteIdentifier(role)
  if (kind === 'write' && (through === '' || through === 'public')) {
    return [{ database, sql: `revoke ${privileges} on all tables in schema ${on} from ${through || name};` }]
  }
  if (through === 'public') return []
  if (through !== '') return [{ sql: `revoke ${through} from ${name};` }, ...missing]
  if (kind === 'attribute') return [{ sql: `alter role ${name} no${on};` }, ...(on === 'superuser' ? missing : [])]
  return [{ database, sql: `revoke create on ${on} from ${name};` }]
}
