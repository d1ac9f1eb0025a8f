/** One step of a fix: an SQL statement or a comment, in one line of the script. */
export interface Step {
  /** The database in which it must run; undefined if any database of the server will do. */
  readonly database?: string
  readonly sql: string
  /** The replacement on RDS, where nobody is a superuser and settings are in a parameter group. */
  readonly rds?: string
}

/** An error or a hint about a role or a server. */
export interface Finding {
  readonly severity: 'error' | 'hint'
  readonly databases: readonly string[]
  readonly text: string
  /** What does not work because of it. */
  readonly effect: string | undefined
  readonly fix: readonly Step[]
}
