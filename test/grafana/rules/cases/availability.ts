import type { AlertCase } from '../alert-case.ts'

const state = 'pgvitals_database_state{datname="labeler", reason="auth"}'

export const availability: readonly AlertCase[] = [
  {
    alert: 'PostgresDown',
    severity: 'critical',
    bad: { pg_up: 0, [state]: 1 },
    good: { pg_up: 1 },
    silent: {},
    optional: [state],
    summary: 'PostgreSQL server SERVER is unreachable: auth',
    summaries: { [`lacks ${state}`]: 'PostgreSQL server SERVER is unreachable' }
  },
  {
    alert: 'PostgresDatabaseUnreachable',
    severity: 'critical',
    bad: { 'pg_database_up{datname="labeler"}': 0, pg_up: 1, [state]: 1 },
    good: { 'pg_database_up{datname="labeler"}': 1 },
    silent: { 'server down': { pg_up: 0 } },
    optional: [state],
    summary: 'Database labeler on SERVER is unreachable, although the server is up: auth',
    summaries: { [`lacks ${state}`]: 'Database labeler on SERVER is unreachable, although the server is up' }
  },
  {
    alert: 'PostgresRestarted',
    severity: 'warning',
    bad: { pg_postmaster_start_time_seconds: '1000+0x29 2000+0x20' },
    good: { pg_postmaster_start_time_seconds: 1000 },
    silent: { 'more than 15 minutes ago': { pg_postmaster_start_time_seconds: '1000+0x7 2000+0x40' } },
    fires: { 'after a long outage': { pg_postmaster_start_time_seconds: '1000+0x1 stale _x26 2000+0x20' } },
    warmMinutes: 28,
    neverResolves: true,
    summary: 'PostgreSQL server SERVER restarted within the last 15 minutes'
  },
  {
    alert: 'PostgresRoleChanged',
    severity: 'warning',
    bad: { pg_replication_is_replica: '1+0x29 0+0x20' },
    good: { pg_replication_is_replica: 0 },
    silent: {
      'always a standby': { pg_replication_is_replica: 1 },
      'more than 15 minutes ago': { pg_replication_is_replica: '1+0x7 0+0x40' }
    },
    fires: { 'after a long outage': { pg_replication_is_replica: '0+0x1 stale _x26 1+0x20' } },
    warmMinutes: 28,
    neverResolves: true,
    summary: 'PostgreSQL server SERVER changed between primary and standby within the last 15 minutes'
  },
  {
    // The error budget is 0.1 %; a burn rate of 14.4 is an unavailability of 1.44 %.
    alert: 'PostgresAvailabilityBurn',
    severity: 'critical',
    bad: { pg_up: 0.984 },
    good: { pg_up: 1 },
    silent: {
      'just within the budget': { pg_up: 0.987 },
      recovered: { pg_up: '0.5|1' },
      'nearly recovered': { pg_up: '0.5|0.987' },
      'in the short window only': { pg_up: '1+0x112 0.95+0x15' }
    },
    warmMinutes: 60,
    holdsAtOnce: true,
    summary: 'PostgreSQL server SERVER was unreachable 1.6% of the time, more than an objective of 99.9 % allows'
  },
  {
    alert: 'PostgresAvailabilityBurn',
    severity: 'warning',
    bad: { pg_up: 0.993 },
    good: { pg_up: 1 },
    silent: {
      'just within the budget': { pg_up: 0.995 },
      recovered: { pg_up: '0.5|1' },
      'nearly recovered': { pg_up: '0.5|0.995' },
      'in the short window only': { pg_up: '1+0x41 0.9929+0x99' }
    },
    warmMinutes: 60,
    holdsAtOnce: true,
    summary: 'PostgreSQL server SERVER was unreachable 0.7% of the time, more than an objective of 99.9 % allows'
  },
  {
    alert: 'PostgresUnexpectedReadOnly',
    severity: 'critical',
    bad: { pg_settings_default_transaction_read_only: 1, pg_replication_is_replica: 0 },
    good: { pg_settings_default_transaction_read_only: 0 },
    silent: { standby: { pg_replication_is_replica: 1 } },
    summary: 'Transactions on primary SERVER are read-only by default'
  },
  {
    alert: 'PgvitalsDown',
    severity: 'critical',
    bad: { up: 0 },
    good: { up: 1 },
    silent: {},
    summary: 'Prometheus cannot scrape pgvitals SERVER'
  }
]
