import type { AlertCase } from '../alert-case.ts'

const oldest = 'pg_stat_activity_oldest_query_seconds{datname="labeler", usename="app"}'
const dumps = 'pg_backup_sessions{kind="pg_dump"}'
const calls = 'pg_stat_statements_calls_total{datname="labeler", user="app", queryid="42"}'
const seconds = 'pg_stat_statements_seconds_total{datname="labeler", user="app", queryid="42"}'
const commits = 'pg_stat_database_xact_commit{datname="labeler"}'
const rollbacks = 'pg_stat_database_xact_rollback{datname="labeler"}'

/** A counter that goes at one pace for so many samples, then at another for the rest. */
const turns = (samples: number, before: number, after: number, rest: number) =>
  `0+${before}x${samples - 1} ${before * samples}+${after}x${rest}`

export const queries: readonly AlertCase[] = [
  {
    alert: 'PostgresLongRunningQuery',
    severity: 'warning',
    bad: { [oldest]: 1860, [dumps]: 0 },
    good: { [oldest]: 5 },
    silent: { 'just below': { [oldest]: 1740 }, 'a dump runs': { [dumps]: 1 } },
    optional: [dumps],
    labels: { usename: 'app' },
    summary: 'A statement of app in labeler on SERVER has run for 31m 0s'
  },
  {
    alert: 'PostgresLongRunningQuery',
    severity: 'critical',
    bad: { [oldest]: 14460 },
    good: { [oldest]: 5 },
    silent: { 'just below': { [oldest]: 14340 } },
    labels: { usename: 'app' },
    summary: 'A statement of app in labeler on SERVER has run for 4h 1m 0s'
  },
  {
    // Samples every 4 minutes for 8 hours, 75 calls a minute of 10 ms; then of 24 ms.
    alert: 'PostgresLatencyRegression',
    severity: 'warning',
    bad: { [calls]: turns(120, 300, 300, 60), [seconds]: turns(120, 3, 7.2, 60) },
    good: { [seconds]: turns(120, 3, 3, 60) },
    silent: {
      'not twice as slow': { [seconds]: turns(120, 3.75, 7.2, 60) },
      'still fast': { [seconds]: turns(120, 1.5, 5.7, 60) },
      'hardly called': { [calls]: turns(120, 200, 200, 60), [seconds]: turns(120, 2, 4.8, 60) }
    },
    warmMinutes: 492,
    waitsMinutes: 508,
    stepMinutes: 4,
    neverWell: true,
    summary: 'Statements in labeler on SERVER take 24ms on average, twice as long as usual'
  },
  {
    // Samples every 4 minutes for two days: 20 ms a call, and after a day 63 ms.
    alert: 'PostgresQueryRegression',
    severity: 'warning',
    bad: { [calls]: turns(370, 400, 400, 100), [seconds]: turns(370, 8, 25.2, 100) },
    good: { [seconds]: turns(370, 8, 8, 100) },
    silent: {
      'not three times as slow': { [seconds]: turns(370, 10, 28, 100) },
      'still fast': { [calls]: turns(370, 528, 528, 100), [seconds]: turns(370, 6.336, 24.8, 100) },
      'hardly called': { [calls]: turns(370, 280, 280, 100), [seconds]: turns(370, 5.6, 19.6, 100) },
      'all the others': {
        [calls]: 1,
        [seconds]: 1,
        [calls.replace('42', 'other')]: turns(370, 400, 400, 100),
        [seconds.replace('42', 'other')]: turns(370, 8, 25.2, 100)
      }
    },
    warmMinutes: 1524,
    waitsMinutes: 1532,
    stepMinutes: 4,
    neverWell: true,
    labels: { user: 'app', queryid: '42' },
    summary: 'Statement 42 in labeler on SERVER takes 63ms, three times as long as yesterday'
  },
  {
    alert: 'PostgresRollbackRatioHigh',
    severity: 'warning',
    bad: { [commits]: '+57', [rollbacks]: '+6.6' },
    good: { [rollbacks]: '+1' },
    silent: {
      'just below': { [rollbacks]: '+6' },
      'hardly used': { [commits]: '+48', [rollbacks]: '+10' },
      idle: { [commits]: '+0', [rollbacks]: '+0' }
    },
    holdsAtOnce: true,
    summary: 'Database labeler on SERVER rolls 10.38% of its transactions back'
  },
  {
    // Samples every 4 minutes for more than a week.
    alert: 'PostgresTrafficDrop',
    severity: 'warning',
    bad: { [commits]: turns(2525, 1260, 240, 100), [rollbacks]: '+0' },
    good: { [commits]: turns(2525, 1260, 1260, 100) },
    silent: { 'not that much': { [commits]: turns(2525, 1260, 264, 100) }, 'never much': { [commits]: turns(2525, 1140, 12, 100) } },
    warmMinutes: 10112,
    waitsMinutes: 10112,
    stepMinutes: 4,
    neverWell: true,
    summary: 'Database labeler on SERVER has 1 transactions per second, under a fifth of a week ago'
  }
]
