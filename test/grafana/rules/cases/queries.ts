import type { AlertCase } from '../alert-case.ts'

const oldest = 'pg_stat_activity_oldest_query_seconds{datname="labeler", usename="app"}'
const dumps = 'pg_backup_sessions{kind="pg_dump"}'
const calls = 'pg_stat_statements_calls_total{datname="labeler", user="app", queryid="42"}'
const seconds = 'pg_stat_statements_seconds_total{datname="labeler", user="app", queryid="42"}'
const commits = 'pg_stat_database_xact_commit{datname="labeler"}'
const rollbacks = 'pg_stat_database_xact_rollback{datname="labeler"}'

/** A counter with one increase per sample for `samples` samples, then with another one. */
const changing = (samples: number, before: number, after: number, rest: number) =>
  `0+${before}x${samples - 1} ${before * samples}+${after}x${rest}`

/** A counter that increases by these amounts per sample, each for a number of samples. */
const varying = (...parts: readonly (readonly [samples: number, growth: number])[]) => {
  let last = 0
  return parts
    .map(([samples, growth]) => {
      const first = last
      last += samples * growth
      return `${first}+${growth}x${samples - 1}`
    })
    .join(' ')
}

export const queries: readonly AlertCase[] = [
  {
    alert: 'PostgresLongRunningQuery',
    severity: 'warning',
    bad: { [oldest]: 1860, [dumps]: 0 },
    good: { [oldest]: 5 },
    silent: { 'just below': { [oldest]: 1740 }, 'during a dump': { [dumps]: 1 } },
    optional: [dumps],
    labels: { usename: 'app' },
    summary: 'A statement of app in labeler on SERVER has been running for 31m 0s'
  },
  {
    alert: 'PostgresLongRunningQuery',
    severity: 'critical',
    bad: { [oldest]: 14460 },
    good: { [oldest]: 5 },
    silent: { 'just below': { [oldest]: 14340 } },
    labels: { usename: 'app' },
    summary: 'A statement of app in labeler on SERVER has been running for 4h 1m 0s'
  },
  {
    // One sample every 4 minutes, 75 calls per minute: 10 ms per call for 8 hours, then 24 ms.
    alert: 'PostgresLatencyRegression',
    severity: 'warning',
    bad: { [calls]: changing(120, 300, 300, 60), [seconds]: changing(120, 3, 7.2, 60) },
    good: { [seconds]: changing(120, 3, 3, 60) },
    silent: {
      'not twice as slow': { [seconds]: changing(120, 3.75, 7.2, 60) },
      'below the least mean': { [seconds]: changing(120, 1.5, 5.7, 60) },
      'few calls': { [calls]: changing(120, 200, 200, 60), [seconds]: changing(120, 2, 4.8, 60) },
      'as slow most of the time': { [seconds]: varying([62, 7.2], [58, 3], [60, 7.2]) }
    },
    fires: { 'as slow less than half of the time': { [seconds]: varying([48, 7.2], [72, 3], [60, 7.2]) } },
    warmMinutes: 492,
    waitsMinutes: 508,
    stepMinutes: 4,
    neverResolves: true,
    summary: 'Statements in labeler on SERVER take 24ms on average, twice the median of the last 7 days'
  },
  {
    // One sample every 4 minutes: 20 ms per call for a day, then 63 ms.
    alert: 'PostgresQueryRegression',
    severity: 'warning',
    bad: { [calls]: changing(370, 400, 400, 100), [seconds]: changing(370, 8, 25.2, 100) },
    good: { [seconds]: changing(370, 8, 8, 100) },
    silent: {
      'not three times as slow': { [seconds]: changing(370, 10, 28, 100) },
      'below the least mean': { [calls]: changing(370, 528, 528, 100), [seconds]: changing(370, 6.336, 24.8, 100) },
      'few calls': { [calls]: changing(370, 280, 280, 100), [seconds]: changing(370, 5.6, 19.6, 100) },
      'the sum of the other statements': {
        [calls]: 1,
        [seconds]: 1,
        [calls.replace('42', 'other')]: changing(370, 400, 400, 100),
        [seconds.replace('42', 'other')]: changing(370, 8, 25.2, 100)
      }
    },
    warmMinutes: 1524,
    waitsMinutes: 1532,
    stepMinutes: 4,
    neverResolves: true,
    labels: { user: 'app', queryid: '42' },
    summary: 'Statement 42 in labeler on SERVER takes 63ms on average, three times as long as a day ago'
  },
  {
    alert: 'PostgresRollbackRatioHigh',
    severity: 'warning',
    bad: { [commits]: '+57', [rollbacks]: '+6.6' },
    good: { [rollbacks]: '+1' },
    silent: {
      'just below': { [rollbacks]: '+6' },
      'few transactions': { [commits]: '+48', [rollbacks]: '+10' },
      idle: { [commits]: '+0', [rollbacks]: '+0' }
    },
    holdsAtOnce: true,
    summary: 'Database labeler on SERVER rolls back 10.38% of its transactions'
  },
  {
    // One sample every 4 minutes for more than a week.
    alert: 'PostgresTrafficDrop',
    severity: 'warning',
    bad: { [commits]: changing(2525, 1260, 240, 100), [rollbacks]: '+0' },
    good: { [commits]: changing(2525, 1260, 1260, 100) },
    silent: {
      'a smaller drop': { [commits]: changing(2525, 1260, 264, 100) },
      'little traffic a week ago': { [commits]: changing(2525, 1140, 12, 100) }
    },
    warmMinutes: 10112,
    waitsMinutes: 10112,
    stepMinutes: 4,
    neverResolves: true,
    summary: 'Database labeler on SERVER has 1 transactions per second, less than a fifth of a week ago'
  }
]
