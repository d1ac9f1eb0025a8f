import { above, anyIsCritical, anyWarns, words } from '../panels/colours.ts'
import type { Destination } from '../panels/links.ts'
import type { Size, Unplaced } from '../panels/panel.ts'
import {
  alerts,
  among,
  increasesBy,
  inDatabase,
  maxBy,
  ofStatement,
  on,
  onServer,
  ratesBy,
  type SeriesName,
  sumBy
} from '../panels/promql.ts'
import { stat } from '../panels/stat.ts'
import { stateTimeline } from '../panels/states.ts'
import { timeseries } from '../panels/timeseries.ts'
import { thresholds } from '../thresholds.ts'

// Panels and expressions that several dashboards have.

/** The completeness of the data: failing queries and missing privileges. */
export const dataQuality: readonly Unplaced[] = [
  stat('Failing queries', [3, 4], 'short', {
    about: [
      'Queries of pgvitals whose last poll failed.',
      'Their series end after three intervals, and panels that need them become empty.',
      '0.',
      'Open the Exporter dashboard for the query, the database and the class of error.'
    ],
    expr: `sum(${onServer('pgvitals_query_success')} == bool 0)`,
    steps: anyWarns,
    links: ['exporter']
  }),
  stat('Blind spots', [3, 4], 'short', {
    about: [
      'Capabilities that the roles of pgvitals lack, counted per database.',
      'Metrics that need them are absent, not 0.',
      '0 with pg_monitor; more where pgvitals connects as the owners of the databases.',
      'Open the Exporter dashboard; `pgvitals doctor` prints the missing grants.'
    ],
    expr: `sum(${onServer('pgvitals_capability')} == bool 0)`,
    steps: anyWarns,
    links: ['exporter']
  })
]

export const firing = (...matchers: readonly string[]) => alerts('alertstate="firing"', ...matchers)

/** The numbers of critical alerts and of warnings that are firing. */
export const alertCounts = (size: Size, next: string, links?: readonly Destination[]): readonly Unplaced[] => [
  stat('Critical alerts', size, 'short', {
    about: ['Critical alerts that are firing.', 'Each pages a team.', '0.', next],
    expr: `count(${firing('severity="critical"')}) or vector(0)`,
    steps: anyIsCritical,
    links
  }),
  stat('Warnings', size, 'short', {
    about: ['Warnings that are firing.', 'They require action on the same day.', '0, or a few known ones.', next],
    expr: `count(${firing('severity="warning"')}) or vector(0)`,
    steps: anyWarns,
    links
  })
]

/** Firing alerts over time; `rest` selects those that are not critical. */
export const alertHistory = (height: number, rest: string, link: Destination): Unplaced =>
  stateTimeline('Alert history', [24, height], {
    about: [
      'Firing alerts: red is critical, orange a warning.',
      'The alert that fired first often points to the cause of the others.',
      'Empty.',
      'Read the runbook of the alert: `docs/runbooks/<alert>.md`.'
    ],
    expr: `2 * ${maxBy(['datname', 'alertname'], firing('severity="critical"'))} or ${maxBy(['datname', 'alertname'], firing(rest))}`,
    legend: '{{alertname}} {{server}} {{datname}}',
    mappings: words({ 1: ['warning', 'orange'], 2: ['critical', 'red'] }),
    empty: 'No alert fired',
    links: [link]
  })

/** Connections in use relative to the usable ones. */
export const connectionsUsed = onServer('server:pg_connections_used:ratio')
export const connectionsUsedSpec = {
  about: [
    'Client connections relative to those that clients can open.',
    'At 1, no client can connect.',
    `Below ${thresholds.connectionsUsedRatio.warning}.`
  ],
  steps: above(thresholds.connectionsUsedRatio),
  max: 1
} as const

export const oldestTransaction = inDatabase('pg_stat_activity_oldest_transaction_seconds')
export const blockedSessions = inDatabase('pg_stat_activity_blocked_sessions')

/** A colour scale of the blocked sessions of a server. */
export const blockedSteps = above({ warning: 1, critical: thresholds.blocked.criticalSessions })

export const deadlocks = (selector: string, link: Destination): Unplaced =>
  timeseries('Deadlocks', [8, 8], 'short', {
    about: [
      'Deadlocks per database.',
      'PostgreSQL resolves each by aborting one of its transactions.',
      'None, or single ones.',
      'Read both statements in the server log; lock rows in the same order everywhere.'
    ],
    expr: increasesBy(['datname'], selector, '[$__rate_interval]'),
    legend: '{{datname}}',
    links: [link]
  })

/** Sessions that did not end normally, per server or per database. */
export function abnormalEnds(labels: readonly 'datname'[], select: (metric: SeriesName) => string): Unplaced {
  const isTotal = labels.length === 0
  const line = (end: 'abandoned' | 'fatal' | 'killed', legend: string, colour: string) => ({
    expr: ratesBy(labels, select(`pg_stat_database_sessions_${end}_total`)),
    legend: isTotal ? legend : `{{datname}} ${legend}`,
    ...(isTotal ? { colour } : {})
  })
  return timeseries('Abnormally ended sessions', [8, 8], 'ops', {
    about: [
      'Sessions per second that ended by a lost connection, a fatal error or an operator.',
      'Clients see broken connections.',
      'None, except during a deployment.',
      'Read the server log.'
    ],
    lines: [
      line('abandoned', 'connection lost', 'orange'),
      line('fatal', 'fatal error', 'red'),
      line('killed', 'ended by an operator', 'purple')
    ],
    links: [isTotal ? 'serverConnections' : 'database'],
    empty: 'Counted since PostgreSQL 14'
  })
}

export const needsStatements = 'Needs the extension pg_stat_statements'

/** What a metric of statements gained per statement within the time range. */
export const gain = (metric: SeriesName): string => increasesBy(ofStatement, inDatabase(metric))

/** The statements with the most execution time: a filter for other expressions, and the time itself, with the text where it is exported. */
export function longestStatements(limit: string) {
  const longest = `topk(${limit}, ${gain('pg_stat_statements_seconds_total')})`
  return {
    amongLongest: (expression: string) => among(expression, ofStatement, longest),
    timeWithText: `${longest} * ${on('queryid')} group_left (query) ${onServer('pg_stat_statements_query_id')} or ${on(...ofStatement)} ${longest}`
  }
}

/** Client connections by labels. */
export const connectionsBy = (...labels: readonly string[]) => sumBy(labels, inDatabase('pg_stat_activity_connections'))
