/** One step of a fix: an SQL statement or a comment, in one line of the script. */
export interface Step {
  /** The database in which it must run; undefined if it can run in any database of the server. */
  readonly database?: string
  readonly sql: string
  /** The replacement on RDS, which provides no superuser and keeps settings in a parameter group. */
  readonly rds?: string
}

/** An error or a hint about a role or a server. */
export interface Finding {
  readonly severity: 'error' | 'hint'
  readonly databases: readonly string[]
  readonly text: string
  /** The consequence of the finding. */
  readonly effect: string | undefined
  readonly fix: readonly Step[]
}
