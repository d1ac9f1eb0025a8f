import type pg from 'pg'
import type { DatabaseName } from './schema.ts'

/** Something that an application does again and again in one database. */
export interface Scene {
  readonly database: DatabaseName
  /** The pause between two plays, on average. */
  readonly everyMs: number
  /** Something that an alert is there for, once it lasts or comes often. */
  readonly isTrouble?: boolean
  readonly play: (stage: Stage) => Promise<unknown>
}

/** What a scene is played with. */
export interface Stage {
  /** The session of an application, as the role that owns the database; kept between plays. */
  readonly session: (application: string) => Promise<pg.Client>
  readonly pause: (ms: number) => Promise<void>
}

/** A whole number from 1 to `highest`. */
export function randomTo(highest: number): number {
  return 1 + Math.floor(Math.random() * highest)
}
