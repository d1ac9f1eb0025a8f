import type pg from 'pg'
import type { DatabaseName } from '../../../demo/schema.ts'
import type { TestServer } from '../../servers/start-server.ts'

/** The polled servers by their label `server`. */
export type ServerName = 'main' | 'second'

/** The environment into which faults are injected. */
export interface Environment {
  readonly servers: Readonly<Record<ServerName, TestServer>>
  /** Opens a session of the role that owns the database. */
  readonly open: (server: ServerName, database: DatabaseName) => Promise<pg.Client>
  /** Ends the sessions of pgvitals in one database or all, so that it has to reconnect. */
  readonly endSessions: (server: ServerName, database?: DatabaseName) => Promise<void>
  /** Sends SIGHUP, so that pgvitals immediately retries a refused login. */
  readonly reload: () => void
}

/** An injected fault and the alert that it must fire. */
export interface Fault {
  readonly name: string
  /** Description of the fault in docs/alert-proofs.md. */
  readonly what: string
  readonly alert: string
  readonly server: ServerName
  /** The label `datname` of the alert, if its scope is a database. */
  readonly datname?: DatabaseName
  /** The fault affects the whole server, so that no other fault may be injected into it at the same time. */
  readonly isOfServer?: boolean
  /** Other alerts that the fault may also fire, with the reason. */
  readonly also?: Readonly<Record<string, string>>
  /** Injects the fault. Returns a function that removes it. */
  readonly inject: (environment: Environment) => Promise<() => Promise<unknown>>
}
