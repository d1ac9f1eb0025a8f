export type Severity = 'critical' | 'warning' | 'info'

/** Who answers for it: those who run the server, the team that owns the database, those who run pgvitals. */
export type Scope = 'instance' | 'database' | 'exporter'

/** One condition of an alert. */
export interface Tier {
  readonly severity: Severity
  readonly expression: string
  readonly for: string
  /** A database-wide alert may have a condition that is nobody's own. */
  readonly scope?: Scope
}

/** An alert: its name, its conditions, and what it says. */
export interface Alert {
  readonly name: string
  readonly scope: Scope
  readonly tiers: readonly Tier[]
  /** One line with the value, a template. */
  readonly summary: string
  /** What it is, why it matters, what to do first. No template. */
  readonly description: string
  /** The uid of the dashboard to look at. */
  readonly dashboard: string
  /** Labels that choose what the dashboard shows, besides server and database. */
  readonly variables?: readonly string[]
  /** How long it goes on firing after its condition has ended, for conditions that come and go. */
  readonly keepFiring?: string
}
