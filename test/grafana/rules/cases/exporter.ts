import type { AlertCase } from '../alert-case.ts'

const success = (datname: string) => `pgvitals_query_success{datname="${datname}", query="locks"}`
const up = 'pg_database_up{datname="labeler"}'
const notPolled = 'pgvitals_database_state{datname="labeler", reason="not_polled"}'
const polls = 'pgvitals_polls_total{datname="labeler"}'
const dropped = 'pgvitals_samples_dropped_total{datname="labeler", query="locks", reason="duplicate"}'
const size = 'scrape_samples_post_metric_relabeling'
const interval = 'pgvitals_database_poll_interval_seconds{datname="labeler"}'
const cycleEnd = (datname: string) => `pgvitals_poll_cycle_timestamp_seconds{datname="${datname}"}`
const cut = (datname: string) => `pgvitals_text_bytes_cut_total{datname="${datname}", query="notes"}`
const budgeted = 'pgvitals_poll_interval_budgeted_seconds'
const capability = (datname: string, name: string) => `pgvitals_capability{datname="${datname}", capability="${name}"}`

export const exporter: readonly AlertCase[] = [
  {
    alert: 'PgvitalsQueryFailing',
    severity: 'warning',
    scope: 'database',
    bad: { [success('labeler')]: 0, [up]: 1 },
    good: { [success('labeler')]: 1 },
    silent: { 'database down': { [up]: 0 } },
    labels: { query: 'locks' },
    summary: 'Query locks fails on SERVER in labeler'
  },
  {
    alert: 'PgvitalsQueryFailing',
    severity: 'warning',
    scope: 'exporter',
    bad: { [success('')]: 0, pg_up: 1 },
    good: { [success('')]: 1 },
    silent: { 'server down': { pg_up: 0 }, 'one database': { [success('')]: 1, [success('labeler')]: 0 } },
    labels: { query: 'locks' },
    summary: 'Query locks fails on SERVER'
  },
  {
    alert: 'PgvitalsNotPolling',
    severity: 'critical',
    bad: {
      [polls]: '+0',
      [polls.replace('labeler', 'users')]: '+0',
      pg_up: 1,
      pgvitals_sessions_open: 1,
      [notPolled.replace('not_polled', 'up')]: 1
    },
    good: { [polls]: '+4' },
    optional: [polls, 'pgvitals_sessions_open', notPolled.replace('not_polled', 'up')],
    silent: {
      'server down': { pg_up: 0 },
      'slow polls': { [polls]: '+1' },
      'unknown whether the server is up': { pg_up: '_x20' }
    },
    fires: {
      'never polled': {
        [polls]: '_x20',
        [polls.replace('labeler', 'users')]: '_x20',
        pg_up: '_x20',
        pgvitals_sessions_open: 0,
        [notPolled.replace('not_polled', 'up')]: '_x20',
        [notPolled.replace('not_polled', 'up').replace('labeler', 'users')]: '_x20',
        [notPolled]: 1
      }
    },
    warmMinutes: 6,
    holdsAtOnce: true,
    summary: 'pgvitals pgvitals:9187 has not polled SERVER for five minutes'
  },
  {
    alert: 'PgvitalsPollIntervalLong',
    severity: 'warning',
    bad: { [interval]: 65, [budgeted]: 15 },
    good: { [interval]: 15 },
    silent: { 'just below': { [interval]: 55 }, 'many databases': { [interval]: 890, [budgeted]: 300 } },
    fires: { 'one of many databases': { [interval]: 910, [budgeted]: 300 } },
    labels: { datname: 'labeler' },
    summary: 'pgvitals polls labeler on SERVER only every 1m 5s',
    summaries: { 'one of many databases': 'pgvitals polls labeler on SERVER only every 15m 10s' }
  },
  {
    alert: 'PgvitalsPollOverdue',
    severity: 'warning',
    // Each minute the cycle has ended 65 s ago.
    bad: { [cycleEnd('labeler')]: '-65+60', [interval]: 15 },
    good: { [interval]: 600 },
    silent: {
      'just below': { [cycleEnd('labeler')]: '-55+60' },
      'a long interval': { [cycleEnd('labeler')]: '-1150+60', [interval]: 300 },
      'a gap of five minutes': { [cycleEnd('labeler')]: '0+0x4 300+0x4 600+0x4 900+0x4 1200+0x4 1500+0x4 1800+0x100' }
    },
    fires: { 'overdue at a long interval': { [cycleEnd('labeler')]: '-1250+60', [interval]: 300 } },
    labels: { datname: 'labeler' },
    summary: 'pgvitals has not polled labeler on SERVER for 1m 5s',
    summaries: { 'overdue at a long interval': 'pgvitals has not polled labeler on SERVER for 20m 50s' }
  },
  {
    alert: 'PgvitalsBlindSpot',
    severity: 'info',
    scope: 'database',
    bad: { [capability('labeler', 'pg_monitor')]: 0 },
    good: { [capability('labeler', 'pg_monitor')]: 1 },
    silent: {
      'a function on which pg_monitor lacks EXECUTE': {
        [capability('labeler', 'pg_monitor')]: 1,
        [capability('labeler', 'pg_ls_waldir')]: 0
      }
    },
    labels: { capability: 'pg_monitor' },
    summary: 'pgvitals lacks pg_monitor on SERVER in labeler'
  },
  {
    alert: 'PgvitalsBlindSpot',
    severity: 'info',
    scope: 'instance',
    bad: { [capability('', 'pg_stat_statements')]: 0 },
    good: { [capability('', 'pg_stat_statements')]: 1 },
    silent: { 'one database': { [capability('', 'pg_stat_statements')]: 1, [capability('labeler', 'pg_monitor')]: 0 } },
    labels: { capability: 'pg_stat_statements' },
    summary: 'pgvitals lacks pg_stat_statements on SERVER'
  },
  {
    alert: 'PgvitalsScrapeSlow',
    severity: 'warning',
    bad: { scrape_duration_seconds: 5.5 },
    good: { scrape_duration_seconds: 0.1 },
    silent: { 'just below': { scrape_duration_seconds: 4.5 } },
    summary: 'A scrape of pgvitals SERVER takes 5.5s'
  },
  {
    alert: 'PgvitalsSeriesBudget',
    severity: 'warning',
    bad: { [size]: '11e3+0x370 23e3+0x100' },
    good: { [size]: 11e3 },
    silent: {
      'not twice as many': { [size]: '12e3+0x370 23e3+0x100' },
      'few samples': { [size]: '2e3+0x370 19e3+0x100' },
      'just below the limit': { [size]: 95e3 }
    },
    fires: { 'too many': { [size]: '80e3+0x370 105e3+0x100' } },
    warmMinutes: 1490,
    waitsMinutes: 1508,
    stepMinutes: 4,
    neverResolves: true,
    summary: 'The page of pgvitals SERVER has 23k samples',
    summaries: { 'too many': 'The page of pgvitals SERVER has 105k samples' }
  },
  {
    alert: 'PgvitalsSamplesDropped',
    severity: 'warning',
    bad: { [dropped]: '+0.05' },
    good: { [dropped]: '+0' },
    silent: { 'row limit': { [dropped]: '+0', [dropped.replace('duplicate', 'rows')]: '+0.2' } },
    holdsAtOnce: true,
    labels: { datname: 'labeler', query: 'locks', reason: 'duplicate' },
    summary: 'Samples of query locks on SERVER are dropped: duplicate'
  },
  {
    alert: 'PgvitalsTextCut',
    severity: 'info',
    scope: 'database',
    bad: { [cut('labeler')]: '+0.05' },
    good: { [cut('labeler')]: '+0' },
    silent: { 'a server-wide query': { [cut('labeler')]: '+0', [cut('')]: '+0.05' } },
    holdsAtOnce: true,
    labels: { datname: 'labeler', query: 'notes' },
    summary: 'Labels of query notes on SERVER in labeler are cut'
  },
  {
    alert: 'PgvitalsTextCut',
    severity: 'info',
    scope: 'exporter',
    bad: { [cut('')]: '+0.05' },
    good: { [cut('')]: '+0' },
    silent: { 'a database-wide query': { [cut('')]: '+0', [cut('labeler')]: '+0.05' } },
    holdsAtOnce: true,
    labels: { query: 'notes' },
    summary: 'Labels of query notes on SERVER are cut'
  },
  {
    alert: 'PgvitalsCrashLoop',
    severity: 'warning',
    bad: { process_start_time_seconds: '0+0x1 1+0x0 2+0x0 3+0x0 4+0x200' },
    good: { process_start_time_seconds: 1 },
    silent: { 'just below': { process_start_time_seconds: '0+0x1 1+0x0 2+0x0 3+0x200' } },
    isTransient: true,
    summary: 'pgvitals SERVER restarted 4 times within an hour'
  },
  {
    alert: 'PgvitalsEventLoopLag',
    severity: 'warning',
    bad: { nodejs_eventloop_lag_p99_seconds: 0.55 },
    good: { nodejs_eventloop_lag_p99_seconds: 0.02 },
    silent: { 'just below': { nodejs_eventloop_lag_p99_seconds: 0.45 } },
    summary: 'The event loop of pgvitals SERVER lags by 550ms'
  },
  {
    alert: 'PgvitalsLoginsFailing',
    severity: 'warning',
    bad: { pgvitals_http_auth_failures_total: '+0.75' },
    good: { pgvitals_http_auth_failures_total: '+0' },
    silent: { 'just below': { pgvitals_http_auth_failures_total: '+0.5' } },
    holdsAtOnce: true,
    summary: 'Clients fail to log in to pgvitals SERVER'
  },
  {
    alert: 'PgvitalsRequestsRejected',
    severity: 'warning',
    bad: { 'pgvitals_http_requests_rejected_total{reason="busy"}': '+0.5' },
    good: { 'pgvitals_http_requests_rejected_total{reason="busy"}': '+0' },
    silent: {},
    holdsAtOnce: true,
    labels: { reason: 'busy' },
    summary: 'pgvitals SERVER rejects requests: busy'
  },
  {
    alert: 'PgvitalsReloadFailed',
    severity: 'warning',
    bad: { pgvitals_config_reload_success: 0 },
    good: { pgvitals_config_reload_success: 1 },
    silent: {},
    summary: 'pgvitals SERVER rejected its new configuration'
  },
  {
    alert: 'PgvitalsDiscoveryFailing',
    severity: 'warning',
    bad: { pgvitals_discovery_success: 0 },
    good: { pgvitals_discovery_success: 1 },
    silent: {},
    summary: 'pgvitals cannot list the databases of SERVER'
  },
  {
    alert: 'PgvitalsServerAmbiguous',
    severity: 'warning',
    bad: { pgvitals_server_identities: 2 },
    good: { pgvitals_server_identities: 1 },
    silent: {},
    summary: '2 different servers respond under the name SERVER'
  },
  {
    alert: 'PostgresStatementsEvicted',
    severity: 'info',
    bad: { pg_stat_statements_dealloc_total: '+0.02' },
    good: { pg_stat_statements_dealloc_total: '+0' },
    silent: {},
    holdsAtOnce: true,
    summary: 'pg_stat_statements of SERVER evicts statements'
  }
]
