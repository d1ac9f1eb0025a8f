import type pg from 'pg'
import type { DatabaseName } from '../../../demo/schema.ts'
import type { TestServer } from '../../servers/start-server.ts'

/** The servers that pgvitals watches, by the label `server`. */
export type ServerName = 'main' | 'second'

/** What a fault is done to. */
export interface Site {
  readonly servers: Readonly<Record<ServerName, TestServer>>
  /** A session of the role that owns the database. */
  readonly open: (server: ServerName, database: DatabaseName) => Promise<pg.Client>
  /** Ends the sessions of pgvitals in a database, or in all of them, so that it has to connect anew. */
  readonly endSessions: (server: ServerName, database?: DatabaseName) => Promise<void>
  /** Has pgvitals try at once what was refused, by SIGHUP. */
  readonly reload: () => void
}

/** Something that goes wrong, and the alert that says so. */
export interface Fault {
  readonly name: string
  /** What is done, for the page. */
  readonly what: string
  readonly alert: string
  readonly server: ServerName
  /** The label `datname` of the alert, where it is of a database. */
  readonly datname?: DatabaseName
  /** Whether the whole server is disturbed, so that no other fault may be tried on it at the same time. */
  readonly isOfServer?: boolean
  /** Alerts that may fire too, because the fault is their cause as well, with the reason. */
  readonly also?: Readonly<Record<string, string>>
  /** Does it; answers what undoes it. */
  readonly inject: (site: Site) => Promise<() => Promise<unknown>>
}
