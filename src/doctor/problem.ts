/** One statement of the script that mends a problem. */
export interface Step {
  /** Where it must run; anywhere on the server when undefined. */
  readonly database?: string
  readonly sql: string
  /** What takes its place on RDS, where nobody is superuser and settings stand in a parameter group. */
  readonly rds?: string
}

/** Something that is wrong, or a hint, with what it costs and what mends it. */
export interface Problem {
  readonly kind: 'wrong' | 'hint'
  readonly databases: readonly string[]
  readonly text: string
  readonly costs: string | undefined
  readonly steps: readonly Step[]
}
