import type { Detail } from '../query/detail.ts'
import type { Scope } from '../query/query.ts'
import type { Password } from './credential.ts'
import type { Tls } from './tls.ts'

/** The parameters of a connection to one database with one credential. */
export interface Connection {
  /** A host name, an address, or the directory of a Unix socket. */
  readonly host: string
  /** The IP address to connect to, if it is not that of the host. */
  readonly address?: string
  readonly port: number
  readonly user: string
  /** Undefined if the server is expected to request none. */
  readonly password: Password | undefined
  readonly database: string
  /** Whether logins without channel binding (SCRAM-SHA-256-PLUS) are rejected. */
  readonly requiresChannelBinding?: boolean
  readonly tls: Tls
}

/** Levels of access of a role to a database. Each level includes the previous ones. */
export type Access = 'none' | 'connect' | 'read' | 'write' | 'owner'

/** One database of a server: the label `datname`. */
export interface Database {
  readonly name: string
  readonly connection: Connection
  /** The owning team; `''` if it is not configured. */
  readonly team: string
  /** The declared level of access by role. */
  readonly access: ReadonlyMap<string, Access>
  readonly quotaBytes: number | undefined
  /** The level of detail of database-wide queries; by default that of the server. */
  readonly detail?: Detail | undefined
  /** Whether its session is kept between poll cycles, if the limits allow it. An open session blocks `drop database` and `alter database … rename`. */
  readonly keepsSession?: boolean
}

/** Which databases of a server are discovered, by name. */
export interface Discovery {
  readonly include: readonly RegExp[]
  readonly exclude: readonly RegExp[]
  /** The connection parameters of every discovered database, except for its name. */
  readonly connection: Connection
}

/** One PostgreSQL instance: the label `server`. Its first database is the main database, which server-wide queries prefer. */
export interface Server {
  readonly name: string
  readonly databases: readonly Database[]
  readonly discovery: Discovery | undefined
  /** The level of detail of server-wide queries, and of databases without their own. */
  readonly detail: Detail
  /** The maximum number of open sessions. With more databases, poll intervals depend on the cost of the cycles. */
  readonly maxSessions: number
  /** The fraction of a core that poll cycles may use on the server if sessions cannot be kept; undefined for the default. */
  readonly pollCostShare?: number | undefined
  /** Samples beyond this number are dropped and counted. */
  readonly maxSamplesPerDatabase: number
  /** The size of the server's disk, if it is configured. */
  readonly capacityBytes: number | undefined
  /** The data directory, if it is on this machine. */
  readonly dataDirectory: string | undefined
}

/** The levels of detail of server-wide queries and of database-wide queries in a database. */
export function detailsOf({ detail }: Pick<Server, 'detail'>, database: Pick<Database, 'detail'>): Readonly<Record<Scope, Detail>> {
  return { server: detail, database: database.detail ?? detail }
}

/** The address that all databases of a server share. */
export function addressOf({ databases: [main] }: Server): string {
  return `${main?.connection.host} ${main?.connection.port}`
}

/** Whether a host is the directory of a Unix socket, by libpq's rule. */
export function isSocket(host: string): boolean {
  return host.startsWith('/') || host.startsWith('@')
}
