import type pg from 'pg'
import type { DatabaseName } from './schema.ts'

/** An operation that an application repeats in one database. */
export interface Workload {
  readonly database: DatabaseName
  /** Average pause between two runs. */
  readonly everyMs: number
  /** Whether it triggers alerts if it lasts long or happens often. */
  readonly triggersAlerts?: boolean
  readonly run: (context: WorkloadContext) => Promise<unknown>
}

export interface WorkloadContext {
  /** Returns the session of an application, connected as the owner of the database; it is kept between runs. */
  readonly session: (application: string) => Promise<pg.Client>
  readonly pause: (ms: number) => Promise<void>
}

/** A random integer from 1 to `highest`. */
export function randomTo(highest: number): number {
  return 1 + Math.floor(Math.random() * highest)
}
