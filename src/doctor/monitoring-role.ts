import { quoteIdentifier } from '../server/identifier.ts'
import { hasControls } from './control-characters.ts'
import type { Step } from './finding.ts'

/** The names that doctor proposes for a dedicated monitoring role, in order of preference. */
export const monitoringRoles = ['pgvitals', 'pgvitals_monitor'] as const

/** The first proposed name that does not belong to one of the roles to be replaced. */
export function chooseMonitoringRole(replaced: readonly string[]): string {
  return monitoringRoles.find((name) => !replaced.includes(name)) ?? monitoringRoles[0]
}

/** A role that has the privileges for monitoring and no others. */
export interface MonitoringRole {
  readonly role: string
  readonly databases: readonly string[]
  readonly maxSessions: number
  /** Whether the role exists; undefined if no session could check. */
  readonly exists: boolean | undefined
  /** The step for an existing role, used if it is unknown whether the role exists. */
  readonly ifItExists?: Step
}

/** The steps that create a monitoring role, or grant an existing role what it needs. The password is a placeholder, because no secret is printed. */
export function setUpSteps({
  role,
  databases,
  maxSessions,
  exists,
  ifItExists = passwordStep(role, false)
}: MonitoringRole): readonly Step[] {
  const name = quoteIdentifier(role)
  // Twice the sessions of pgvitals, so that doctor can run at the same time.
  const create = `create role ${name} login password '…' connection limit ${2 * maxSessions};`
  return [
    ...(exists === true ? [] : [{ sql: create }]),
    ...(exists === undefined ? [{ sql: `-- if the role exists: ${ifItExists.sql}` }] : []),
    { sql: `grant pg_monitor to ${name};` },
    ...connectSteps(databases, role)
  ]
}

/** The steps that allow a role to connect to databases. A name that the script omits has its own step, so that the others are kept. */
export function connectSteps(databases: readonly string[], role: string): readonly Step[] {
  const together = databases.filter((name) => !hasControls(name))
  const groups = [together, ...databases.filter(hasControls).map((name) => [name])].filter(({ length }) => length > 0)
  return groups.map((names) => ({
    sql: `grant connect on database ${names.map(quoteIdentifier).join(', ')} to ${quoteIdentifier(role)};`
  }))
}

/** The step that sets a new password, and removes the expiry time of an expired one. */
export function passwordStep(role: string, isExpired: boolean): Step {
  return { sql: `alter role ${quoteIdentifier(role)} password '…'${isExpired ? " valid until 'infinity'" : ''};` }
}

/** The steps that install pg_stat_statements, if no session could check whether it is installed. */
export function statementsSteps(database: string): readonly Step[] {
  return [
    { sql: "-- needs shared_preload_libraries = 'pg_stat_statements' and a restart; on RDS that is the default", database },
    { sql: 'create extension if not exists pg_stat_statements;', database }
  ]
}
