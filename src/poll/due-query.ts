import type { Labels } from '../metric/sample.ts'
import type { SampleLimit } from '../metric/sample-limit.ts'
import type { PlannedQuery } from '../plan/plan-queries.ts'
import type { Query } from '../query/query.ts'
import type { Server } from '../server/server.ts'
import type { Session } from '../server/session.ts'
import type { DatabaseDiscovery } from './database-discovery.ts'
import type { Exported } from './exported.ts'
import type { Found } from './found.ts'
import type { Rendered } from './poll-result.ts'
import type { PolledDatabase } from './polled-database.ts'
import type { QueryMemories, QueryMemory } from './query-memories.ts'
import type { Snapshots } from './snapshots.ts'

/** A query that is due in one database, with everything that its poll depends on. */
export interface DueQuery {
  readonly query: Query
  readonly sql: string
  /** The database whose rows it returns; `''` for a server-wide query. */
  readonly datname: string
  /** The databases that contribute their own rows to a server-wide query. */
  readonly contributors: readonly string[]
  /** The database in which it runs. */
  readonly database: string
  /** The effective interval. */
  readonly intervalSeconds: number
  readonly labels: Labels
  readonly memory: QueryMemory | undefined
  /** What its last poll rendered. */
  readonly rendered?: Rendered | undefined
  /** Whether rows of a database are exported; others are dropped. */
  readonly isShown: (datname: string) => boolean
  /** The limit of the query for a database, or for the server (`''`). */
  readonly limitOf: (datname: string) => SampleLimit
  /** Rows beyond this number are not received. */
  readonly maxRows: number
  /** The maximum number of rows exported by a query with `top`. */
  readonly limit: number
  /** Changes with the server, the role, its privileges and the exported databases. Counters then start from a new baseline. */
  readonly epoch: string
  /** The time up to which every scraper has received the page, in milliseconds of the clock. */
  readonly seenUntil: number
  readonly isOwnRole: (user: string) => boolean
  /** Whether none of the activities of `during` is in progress. The query is then not sent, and its result is empty. */
  readonly isIdle: boolean
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

/** The number of rows of a server-wide query that are received. Its row limit applies to each database, after they are decoded. */
const mostReceivedRows = 20_000

/** The byte limit of a database by its sample limit. A sample of a table has 150 to 300 bytes. */
const bytesPerSample = 500

/**
 * The minimum number of rows that a query with `top` may export for one database, even if the database's share of the
 * limit is smaller.
 */
const leastRows = 10

/** Adds to a planned query everything that its poll in this session depends on. */
export function dueQuery(planned: PlannedQuery, sql: string, polled: PolledDatabase, session: Session, context: PolledServer): DueQuery {
  const { query, datname, contributors } = planned
  const { server, snapshots, memories, discovery, ownRoles, seenUntil } = context
  const labels: Labels = query.scope === 'database' ? { server: server.name, datname } : { server: server.name }
  const databases = Math.max(1, context.databases)
  // Of one moment, because statements are counted in slices.
  const isVisible = discovery.visibilityOf(server)
  return {
    query,
    sql,
    datname,
    contributors,
    database: polled.name,
    intervalSeconds: polled.intervalOf(planned),
    labels,
    memory: memories.of(query, datname, labels),
    rendered: snapshots.get(datname, query.name)?.rendered,
    isShown: (shown) => isOwn(planned, shown) && isVisible(shown),
    limitOf: (one) => sampleLimit(server.maxSamplesPerDatabase, snapshots.exportedByOthers(datname, query.name, one)),
    maxRows: query.scope === 'server' && query.statements === undefined ? Math.max(query.maxRows, mostReceivedRows) : query.maxRows,
    limit: rowLimit(planned, databases),
    epoch: epochOf(polled, session, server, discovery),
    seenUntil,
    isOwnRole: (user) => ownRoles.has(user),
    isIdle: isIdle(query, polled.cycle?.found)
  }
}

/**
 * Whether the planned query counts the statements of a database. A server-wide query counts those of databases that do not
 * contribute. Rows of other queries are chosen by `joinSnapshots`.
 */
function isOwn({ query, datname, contributors }: PlannedQuery, shown: string): boolean {
  if (query.statements === undefined) return true
  return datname === '' ? !contributors.includes(shown) : shown === datname
}

/** No query may use more than half of the samples of a database. */
function sampleLimit(most: number, others: Exported): SampleLimit {
  const left = (all: number, used: number) => Math.max(0, Math.min(Math.floor(all / 2), all - used))
  return { samples: left(most, others.samples), bytes: left(most * bytesPerSample, others.bytes) }
}

/** An activity that could not be read may be in progress. */
function isIdle({ during }: Query, found: Found | undefined): boolean {
  return during?.every((activity) => found?.kind === 'connected' && found.activities.get(activity) === false) ?? false
}

/**
 * The databases that contribute to a server-wide query share its limit. A server-wide query has at least one place for each
 * database.
 */
function rowLimit({ query, datname, contributors }: PlannedQuery, databases: number): number {
  if (query.top === undefined) return 0
  if (query.scope === 'database') return Math.ceil(Math.max(leastRows, query.top.limit / databases))
  const limit = Math.max(query.top.limit, databases)
  const share = Math.floor(limit / (contributors.length + 1))
  return datname === '' ? limit - share * contributors.length : share
}

/** If the identity of the server is unknown, every session is a new epoch. */
function epochOf(
  { name, state, sessionNumber, serverNumber }: PolledDatabase,
  session: Session,
  server: Server,
  found: DatabaseDiscovery
): string {
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
  return JSON.stringify([answering, serverNumber, facts?.role, [...(facts?.capabilities ?? [])], shown])
}
