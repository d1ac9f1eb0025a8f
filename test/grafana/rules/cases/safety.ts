import type { AlertCase } from '../alert-case.ts'

// The clock of promtool starts at 0.
const day = 86400
const checksum = 'pg_stat_database_checksum_last_failure_timestamp_seconds{datname="labeler"}'
const shared = 'pg_stat_database_shared_checksum_last_failure_timestamp_seconds'
const setting = (name: string) => `pg_setting_dangerous{name="${name}"}`
const expiry = 'pg_role_valid_until_timestamp_seconds{rolname="app"}'
const certificate = 'pgvitals_tls_certificate_expiry_timestamp_seconds{datname="labeler"}'
const access = 'datname="labeler", rolname="users_app", privilege="connect"'

export const safety: readonly AlertCase[] = [
  {
    alert: 'PostgresChecksumFailure',
    severity: 'critical',
    scope: 'database',
    bad: { [checksum]: -0.95 * day },
    good: { [checksum]: -9 * day },
    silent: { 'more than a day ago': { [checksum]: -1.05 * day } },
    warmMinutes: 0,
    neverResolves: true,
    summary: 'PostgreSQL server SERVER read a page with an invalid checksum in labeler'
  },
  {
    alert: 'PostgresChecksumFailure',
    severity: 'critical',
    scope: 'instance',
    bad: { [shared]: -0.95 * day },
    good: { [shared]: -9 * day },
    silent: { 'more than a day ago': { [shared]: -1.05 * day } },
    warmMinutes: 0,
    neverResolves: true,
    summary: 'PostgreSQL server SERVER read a page with an invalid checksum'
  },
  {
    alert: 'PostgresDangerousSetting',
    severity: 'critical',
    bad: { [setting('fsync')]: 1 },
    good: { [setting('fsync')]: 0 },
    silent: { 'synchronous_commit only': { [setting('fsync')]: 0, [setting('synchronous_commit')]: 1 } },
    labels: { name: 'fsync' },
    summary: 'Parameter fsync of SERVER has a dangerous value'
  },
  {
    alert: 'PostgresDangerousSetting',
    severity: 'info',
    bad: { [setting('synchronous_commit')]: 1 },
    good: { [setting('synchronous_commit')]: 0 },
    silent: { 'fsync only': { [setting('synchronous_commit')]: 0, [setting('fsync')]: 1 } },
    labels: { name: 'synchronous_commit' },
    summary: 'Parameter synchronous_commit of SERVER has a dangerous value'
  },
  {
    alert: 'PostgresSettingsPendingRestart',
    severity: 'info',
    bad: { pg_setting_pending_restarts: 2 },
    good: { pg_setting_pending_restarts: 0 },
    silent: {},
    stepMinutes: 4,
    summary: '2 changed parameters of SERVER take effect only after a restart'
  },
  {
    alert: 'PostgresRoleExpiring',
    severity: 'warning',
    bad: { [expiry]: 6.9 * day },
    good: { [expiry]: 90 * day },
    silent: { 'in more than a week': { [expiry]: 7.2 * day }, 'expired more than a week ago': { [expiry]: -7.2 * day } },
    fires: { 'expired less than a week ago': { [expiry]: -6.8 * day } },
    labels: { rolname: 'app' },
    summary: 'The password of role app on SERVER expires within a week or has expired'
  },
  {
    alert: 'PostgresCertificateExpiring',
    severity: 'warning',
    bad: { [certificate]: 13.9 * day },
    good: { [certificate]: 90 * day },
    silent: { 'in more than two weeks': { [certificate]: 14.2 * day } },
    fires: { expired: { [certificate]: -day } },
    summary: 'The TLS certificate of SERVER expires within two weeks or has expired'
  },
  {
    alert: 'PostgresAccessExcess',
    severity: 'warning',
    bad: { [`pg_access_excess{${access}}`]: 1 },
    good: { [`pg_access_excess{${access}}`]: 0 },
    silent: {},
    labels: { rolname: 'users_app', privilege: 'connect' },
    summary: 'Role users_app has an undeclared privilege in labeler on SERVER: connect'
  },
  {
    alert: 'PostgresAccessMissing',
    severity: 'warning',
    bad: { [`pg_access_missing{${access}}`]: 1 },
    good: { [`pg_access_missing{${access}}`]: 0 },
    silent: {},
    labels: { rolname: 'users_app', privilege: 'connect' },
    summary: 'Role users_app lacks a declared privilege in labeler on SERVER: connect'
  }
]
