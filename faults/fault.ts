import type { ErrorClass } from '../src/server/error-class.ts'
import type { Seen } from './seen.ts'
import type { Victim, World } from './world.ts'

/** The groups of faults, in the order of the table. */
export const groups = {
  network: 'Network between pgvitals and PostgreSQL',
  process: 'Processes of PostgreSQL and PgBouncer',
  roles: 'Roles, rights and databases',
  locks: 'Locks',
  catalogs: 'Catalogs, names and sizes',
  bytes: 'Hostile bytes instead of PostgreSQL',
  files: 'Configuration, files and the process of pgvitals',
  clients: 'HTTP clients',
  host: 'Host: disk, clock, DNS, file descriptors, memory'
} as const

export type Group = keyof typeof groups

/** The kinds of servers that faults hit. Each kind but `plain` has one server. */
export type ServerKind = 'plain' | 'pooled' | 'standby' | 'small disk' | 'named'

/** The servers and functions that a fault can use. */
export interface Context {
  readonly world: World
  /** The server that the fault hits. */
  readonly victim: Victim
  /** Registers a step that ends the fault. The steps run in reverse order, also if the injection fails. */
  readonly undo: (step: () => unknown) => void
}

/** The expected state of the page while a fault lasts. */
export interface Truth {
  /** For the table. */
  readonly says: string
  readonly holds: (seen: Seen, context: Context) => boolean | Promise<boolean>
  /** Whether it must hold at every scrape while the fault lasts. Otherwise it must begin to hold within the target. */
  readonly isThroughout?: boolean
  /** Whether it is a state of the server. The table then shows the actual state. */
  readonly isState?: boolean
}

/** A fault or an attack. */
export interface Fault {
  readonly name: string
  readonly group: Group
  /** By default `plain`. */
  readonly server?: ServerKind
  /** Whether no other fault runs at the same time, because it hits pgvitals itself or the machine. */
  readonly isAlone?: boolean
  /** The time for which the fault lasts at least; by default `defaultHoldSeconds`. */
  readonly holdSeconds?: number
  readonly inject: (context: Context) => Promise<unknown>
  readonly truth: Truth
}

/** The server is down, with one of these error classes in its main database. */
export function down(...classes: readonly ErrorClass[]): Truth {
  return {
    says: `pg_up 0, ${classes.join(' or ')}`,
    isState: true,
    holds: (seen, { victim: { name } }) => seen.up(name) === 0 && isOneOf(classes, seen.reason(name, 'platform'))
  }
}

/** One database is down with one of these error classes, and the server is up. */
export function databaseDown(datname: string, ...classes: readonly ErrorClass[]): Truth {
  return {
    says: `pg_up 1; pg_database_up 0 of one database, ${classes.join(' or ')}`,
    isState: true,
    holds: (seen, { victim: { name } }) =>
      seen.up(name) === 1 && seen.databaseUp(name, datname) === 0 && isOneOf(classes, seen.reason(name, datname))
  }
}

/** A database or a query fails. */
export const disturbed: Truth = {
  says: 'a database down or a query failed',
  isState: true,
  holds: (seen, { victim: { name } }) => seen.databasesDown(name).length > 0 || seen.failing(name).length > 0
}

/** All databases of the server are up. */
export const unaffected: Truth = {
  says: 'pg_up 1, all databases up',
  isState: true,
  holds: (seen, { victim: { name } }) => seen.up(name) === 1 && seen.databasesDown(name).length === 0,
  isThroughout: true
}

/** The server is up or down, which depends on the moment; the page has a state for each database. */
export const eitherState: Truth = {
  says: 'pg_up 1 or 0, a state for every database',
  isState: true,
  holds: (seen, { victim: { name } }) => seen.up(name) !== undefined && seen.reason(name, 'platform') !== undefined,
  isThroughout: true
}

/** The server is up, and a condition begins to hold. */
export function upAnd(says: string, holds: Truth['holds']): Truth {
  return {
    says: `pg_up 1; ${says}`,
    holds: async (seen, context) => seen.up(context.victim.name) === 1 && (await holds(seen, context))
  }
}

/** A condition begins to hold. */
export function says(text: string, holds: Truth['holds']): Truth {
  return { says: text, holds }
}

function isOneOf(classes: readonly string[], reason: string | undefined): boolean {
  return reason !== undefined && classes.includes(reason)
}
