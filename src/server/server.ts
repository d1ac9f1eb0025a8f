import type { Password } from './credential.ts'
import type { Tls } from './tls.ts'

/** How one database is reached with one credential. */
export interface Connection {
  /** A host name, an address, or the directory of a Unix socket. */
  readonly host: string
  readonly port: number
  readonly user: string
  /** Without one, only a server that asks for none lets us in. */
  readonly password: Password | undefined
  readonly database: string
  readonly tls: Tls
}

/** What a foreign role may do in a database, from nothing to everything; each includes those before it. */
export type Access = 'none' | 'connect' | 'read' | 'write' | 'owner'

/** One database of a server: the label `datname`. */
export interface Database {
  readonly name: string
  readonly connection: Connection
  /** Who owns it; `''` where nobody says. */
  readonly team: string
  /** What each named role may do in it, as the owners want it. */
  readonly access: ReadonlyMap<string, Access>
  readonly quotaBytes: number | undefined
}

/** Which databases of a server are found by themselves, by their names. */
export interface Discovery {
  readonly include: readonly RegExp[]
  readonly exclude: readonly RegExp[]
  /** How a database that is found is reached, but for its name. */
  readonly connection: Connection
}

/** One PostgreSQL instance: the label `server`. Its first database is the main one, where server-wide queries run by preference. */
export interface Server {
  readonly name: string
  readonly databases: readonly Database[]
  readonly discovery: Discovery | undefined
  /** Sessions open at a time; with more databases than that none is kept between visits. */
  readonly maxSessions: number
  /** Samples on the page beyond this are cut, and counted. */
  readonly maxSamplesPerDatabase: number
  /** The size of the disk where it cannot be seen from here. */
  readonly capacityBytes: number | undefined
  /** Where the server's data lie on this machine, when they do. */
  readonly dataDirectory: string | undefined
}

/** Where a server is, which all its databases share. */
export function addressOf({ databases: [main] }: Server): string {
  return `${main?.connection.host} ${main?.connection.port}`
}

/** The directory of a Unix socket, as libpq tells it from a host's name. */
export function isSocket(host: string): boolean {
  return host.startsWith('/') || host.startsWith('@')
}
