import type { Labels } from '../metric/sample.ts'
import type { Query } from '../query/query.ts'
import type { Server } from '../server/server.ts'
import type { Session } from '../server/session.ts'
import type { DatabaseDiscovery } from './database-discovery.ts'
import type { PolledDatabase } from './polled-database.ts'
import type { QueryMemories, QueryMemory } from './query-memories.ts'
import type { Snapshots } from './snapshots.ts'

/** A query that is due in one database, with everything that its poll depends on. */
export interface DueQuery {
  readonly query: Query
  readonly sql: string
  /** `''` for a server-wide query. */
  readonly datname: string
  /** The database in which it runs. */
  readonly database: string
  /** The effective interval. */
  readonly intervalSeconds: number
  readonly labels: Labels
  readonly memory: QueryMemory | undefined
  /** Whether rows of a database are exported; others are dropped. */
  readonly isShown: (datname: string) => boolean
  readonly maxSamples: number
  /** The maximum number of rows exported by a query with `top`. */
  readonly limit: number
  /** Changes with the server, the role, its privileges and the exported databases. Counters then start from a new baseline. */
  readonly epoch: string
  /** The time up to which every scraper has received the page, in milliseconds of the clock. */
  readonly seenUntil: number
  readonly isOwnRole: (user: string) => boolean
}

/** The properties of a server that determine the limits of its queries. */
export interface PolledServer {
  readonly server: Server
  readonly databases: number
  readonly discovery: DatabaseDiscovery
  readonly snapshots: Snapshots
  readonly memories: QueryMemories
  readonly ownRoles: ReadonlySet<string>
  readonly seenUntil: number
}

/**
 * The minimum number of rows that a query with `top` may export for one database, even if the database's share of the
 * limit is smaller.
 */
const leastRows = 10

/** Adds to a planned query everything that its poll in this session depends on. */
export function dueQuery(query: Query, sql: string, polled: PolledDatabase, session: Session, context: PolledServer): DueQuery {
  const { server, snapshots, memories, discovery, ownRoles, seenUntil } = context
  const isDatabaseWide = query.scope === 'database'
  const datname = isDatabaseWide ? polled.name : ''
  const labels: Labels = isDatabaseWide ? { server: server.name, datname } : { server: server.name }
  const databases = Math.max(1, context.databases)
  const { limit = 0 } = query.top ?? {}
  // A server-wide query exports series of every database. No query may use more than half of the samples.
  const most = server.maxSamplesPerDatabase * (isDatabaseWide ? 1 : databases)
  return {
    query,
    sql,
    datname,
    database: polled.name,
    intervalSeconds: polled.intervalOf(query),
    labels,
    memory: memories.of(query, datname, labels),
    isShown: (shown) => discovery.isShown(server, shown),
    maxSamples: Math.max(0, Math.min(Math.floor(most / 2), most - snapshots.samplesOfOthers(datname, query.name))),
    limit: isDatabaseWide ? Math.ceil(Math.max(leastRows, limit / databases)) : limit,
    epoch: epochOf(polled, session, server, discovery),
    seenUntil,
    isOwnRole: (user) => ownRoles.has(user)
  }
}

/** If the identity of the server is unknown, every session is a new epoch. */
function epochOf({ name, state, sessionNumber }: PolledDatabase, session: Session, server: Server, found: DatabaseDiscovery): string {
  const { identity, facts } = state
  const answering = identity === undefined ? [name, sessionNumber, session.isPooled] : [identity.systemIdentifier, identity.startTime]
  const { discovery, databases } = server
  // Rows that become visible to another role, or after an exclusion ends, existed before: they are not new.
  const shown = discovery && [
    discovery.include.map(String),
    discovery.exclude.map(String),
    databases.map(({ name }) => name),
    found.returned
  ]
  return JSON.stringify([answering, facts?.role, [...(facts?.capabilities ?? [])], shown])
}
