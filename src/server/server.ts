import type { Tls } from './tls.ts'

/** How one database is reached with one credential. */
export interface Connection {
  /** A host name, an address, or the directory of a Unix socket. */
  readonly host: string
  readonly port: number
  readonly user: string
  /** Without one, pg looks into `~/.pgpass`. */
  readonly password: string | undefined
  readonly database: string
  readonly tls: Tls
}

/** One database of a server: the label `datname`. */
export interface Database {
  readonly name: string
  readonly connection: Connection
}

/** One PostgreSQL instance: the label `server`. Its first database is the main one, where server-wide queries run by preference. */
export interface Server {
  readonly name: string
  readonly databases: readonly Database[]
}

/** The directory of a Unix socket, as libpq tells it from a host's name. */
export function isSocket(host: string): boolean {
  return host.startsWith('/') || host.startsWith('@')
}
