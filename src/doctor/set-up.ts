import { quoteIdentifier } from '../server/identifier.ts'
import { hasControls } from './escape-controls.ts'
import type { Step } from './problem.ts'

/** A role that monitors and can do nothing else, and where. */
export interface SetUp {
  readonly role: string
  readonly databases: readonly string[]
  readonly maxSessions: number
  /** Whether the role is there; undefined when nobody could look. */
  readonly exists: boolean | undefined
}

/** What makes the role, or gives to one that is there what it needs. The password is the reader's to fill in: no secret is printed. */
export function setUpSteps({ role, databases, maxSessions, exists }: SetUp): readonly Step[] {
  const name = quoteIdentifier(role)
  // Twice what pgvitals opens, for doctor beside it.
  const create = `create role ${name} login password '…' connection limit ${2 * maxSessions};`
  return [
    ...(exists === true ? [] : [{ sql: create }]),
    ...(exists === undefined ? [{ sql: `-- if the role exists: ${passwordStep(role, false).sql}` }] : []),
    { sql: `grant pg_monitor to ${name};` },
    ...connectSteps(databases, name)
  ]
}

/** What lets a role, as SQL writes it, into databases. A name that the script leaves out takes no other with it. */
export function connectSteps(databases: readonly string[], role: string): readonly Step[] {
  const together = databases.filter((name) => !hasControls(name))
  const groups = [together, ...databases.filter(hasControls).map((name) => [name])].filter(({ length }) => length > 0)
  return groups.map((names) => ({ sql: `grant connect on database ${names.map(quoteIdentifier).join(', ')} to ${role};` }))
}

/** What gives a role another password, and time where that of the old one is over. */
export function passwordStep(role: string, isExpired: boolean): Step {
  return { sql: `alter role ${quoteIdentifier(role)} password '…'${isExpired ? " valid until 'infinity'" : ''};` }
}

/** What installs pg_stat_statements where nobody could look whether it is there. */
export function statementsSteps(database: string): readonly Step[] {
  return [
    { sql: "-- needs shared_preload_libraries = 'pg_stat_statements' and a restart; on RDS that is the default", database },
    { sql: 'create extension if not exists pg_stat_statements;', database }
  ]
}
