export type Severity = 'critical' | 'warning' | 'info'

/** Who is responsible: the operators of the server, the team that owns the database, or the operators of pgvitals. */
export type Scope = 'instance' | 'database' | 'exporter'

/** One condition of an alert. */
export interface Tier {
  readonly severity: Severity
  readonly expression: string
  /** How long the condition must hold, as a Prometheus duration. */
  readonly for: string
  /** Overrides the scope of the alert, for example for a server-wide condition of a database's alert. */
  readonly scope?: Scope
}

/** An alert. Each tier becomes one alerting rule. */
export interface Alert {
  readonly name: string
  readonly scope: Scope
  readonly tiers: readonly Tier[]
  /** One line, a Prometheus template. */
  readonly summary: string
  /** Consequence, likely cause and first step. Not a template. */
  readonly description: string
  /** The uid of the linked dashboard. */
  readonly dashboard: string
  /** Labels that set variables of the dashboard, in addition to server and database. */
  readonly variables?: readonly string[]
}

/**
 * `keep_firing_for` of every alert. While pgvitals restarts, its series are absent, and without it every alert would resolve
 * and wait for its `for` again, although the fault lasts.
 */
export const keepFiring = '5m'

export const critical = (duration: string, expression: string, scope?: Scope) => tier('critical', duration, expression, scope)
export const warning = (duration: string, expression: string, scope?: Scope) => tier('warning', duration, expression, scope)
export const info = (duration: string, expression: string, scope?: Scope) => tier('info', duration, expression, scope)

function tier(severity: Severity, duration: string, expression: string, scope?: Scope): Tier {
  return { severity, expression, for: duration, ...(scope === undefined ? {} : { scope }) }
}

const responsibleFor: Readonly<Record<Scope, string>> = {
  database: 'the team that owns the database (label `team`)',
  instance: 'the operators of the server',
  exporter: 'the operators of pgvitals'
}

/** The sentence of the runbook that states who is responsible for the alert. */
export function responsible({ scope, tiers }: Alert): string {
  const scopes = new Set(tiers.map((tier) => tier.scope ?? scope))
  return `${[...scopes].map((one) => responsibleFor[one]).join(', or ')}.`
}

/** Template of a label's value in a summary. */
export const label = (name: string) => `{{ $labels.${name} }}`

export const server = label('server')
/** Templates as `labeler on main`, to follow a word such as "database" or "in". */
export const database = `${label('datname')} on ${server}`
export const table = `${label('schemaname')}.${label('relname')} of ${database}`

export const count = '{{ $value | humanize }}'
export const percent = '{{ $value | humanizePercentage }}'
export const duration = '{{ $value | humanizeDuration }}'
export const bytes = '{{ $value | humanize1024 }}B'
