import type { Labels } from '../metric/sample.ts'
import type { Query } from '../query/query.ts'
import type { Server } from '../server/server.ts'
import type { Session } from '../server/session.ts'
import type { DatabaseDiscovery } from './database-discovery.ts'
import type { PolledDatabase } from './polled-database.ts'
import type { QueryMemories, QueryMemory } from './query-memories.ts'
import type { Snapshots } from './snapshots.ts'

/** A query that is due in one database, with all that its poll depends on. */
export interface DueQuery {
  readonly query: Query
  readonly sql: string
  /** `''` for a server-wide query. */
  readonly datname: string
  /** The effective interval. */
  readonly intervalSeconds: number
  readonly labels: Labels
  readonly memory: QueryMemory | undefined
  /** Rows of other databases are dropped. */
  readonly isShown: (datname: string) => boolean
  readonly maxSamples: number
  /** Rows that a limited query may show. */
  readonly limit: number
  /** Changes with the server, the role, its rights and what may be shown: counters then have a new baseline. */
  readonly epoch: string
  /** Every scraper has seen the page as it was then, in milliseconds of the clock. */
  readonly seenUntil: number
  readonly isOwnRole: (user: string) => boolean
}

/** What of a server the limits of its queries depend on. */
export interface PolledServer {
  readonly server: Server
  readonly databases: number
  readonly discovery: DatabaseDiscovery
  readonly snapshots: Snapshots
  readonly memories: QueryMemories
  readonly ownRoles: ReadonlySet<string>
  readonly seenUntil: number
}

/** Rows that a limited query may show in one database, whatever its share of the limit. */
const leastRows = 10

/** Completes a planned query for a poll in this session. */
export function dueQuery(query: Query, sql: string, polled: PolledDatabase, session: Session, context: PolledServer): DueQuery {
  const { server, snapshots, memories, discovery, ownRoles, seenUntil } = context
  const isDatabaseWide = query.scope === 'database'
  const datname = isDatabaseWide ? polled.name : ''
  const labels: Labels = isDatabaseWide ? { server: server.name, datname } : { server: server.name }
  const databases = Math.max(1, context.databases)
  const { limit = 0 } = query.top ?? {}
  // A server-wide query has series of every database. No query may take more than half of the samples.
  const most = server.maxSamplesPerDatabase * (isDatabaseWide ? 1 : databases)
  return {
    query,
    sql,
    datname,
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

/** Without a known identity every session is an epoch. */
function epochOf({ name, state, sessionNumber }: PolledDatabase, session: Session, server: Server, found: DatabaseDiscovery): string {
  const { identity, facts } = state
  const answering = identity === undefined ? [name, sessionNumber, session.isPooled] : [identity.systemIdentifier, identity.startTime]
  const { discovery, databases } = server
  // Another role sees other rows, so what it sees for the first time is not new; neither is what was excluded before.
  const shown = discovery && [
    discovery.include.map(String),
    discovery.exclude.map(String),
    databases.map(({ name }) => name),
    found.returned
  ]
  return JSON.stringify([answering, facts?.role, [...(facts?.capabilities ?? [])], shown])
}
