import { perServer } from '../identity.ts'
import { thresholds } from '../thresholds.ts'
import { type Alert, critical, database, info, label, server, warning } from './alert.ts'

const { checksumFailureSeconds, passwordExpirySeconds, certificateExpirySeconds } = thresholds

/** The largest value of the last day counts, because PostgreSQL loses it when it crashes or its statistics are reset. */
const failedRecently = (prefix: string) =>
  `time() - max_over_time(${prefix}_checksum_last_failure_timestamp_seconds[1d]) < ${checksumFailureSeconds}`

export const safety: readonly Alert[] = [
  {
    name: 'PostgresChecksumFailure',
    scope: 'database',
    dashboard: 'pgvitals-database',
    tiers: [critical('0m', failedRecently('pg_stat_database')), critical('0m', failedRecently('pg_stat_database_shared'), 'instance')],
    summary: `PostgreSQL server ${server} read a page with an invalid checksum{{ with $labels.datname }} in {{ . }}{{ end }}`,
    description:
      'Data on disk is damaged. Do not run vacuum full, overwrite old backups or restart before you have a copy. The log names file and block.'
  },
  {
    name: 'PostgresDangerousSetting',
    scope: 'instance',
    dashboard: 'pgvitals-instance',
    tiers: [
      critical('5m', 'pg_setting_dangerous{name!="synchronous_commit"} == 1'),
      info('5m', 'pg_setting_dangerous{name="synchronous_commit"} == 1')
    ],
    summary: `Parameter ${label('name')} of ${server} has a dangerous value`,
    description:
      'Data can be lost or corrupted, or vacuum does not run. The parameter was probably changed for a load or a repair and not reset.'
  },
  {
    name: 'PostgresSettingsPendingRestart',
    scope: 'instance',
    dashboard: 'pgvitals-instance',
    tiers: [info('1d', 'pg_setting_pending_restarts > 0')],
    summary: `{{ $value }} changed parameters of ${server} take effect only after a restart`,
    description: 'The server does not run with its configured values, and the next restart changes its behaviour.'
  },
  {
    name: 'PostgresRoleExpiring',
    scope: 'instance',
    dashboard: 'pgvitals-instance',
    tiers: [warning('1h', `-${passwordExpirySeconds} < pg_role_valid_until_timestamp_seconds - time() < ${passwordExpirySeconds}`)],
    summary: `The password of role ${label('rolname')} on ${server} expires within a week or has expired`,
    description: 'Afterwards, the role cannot open new sessions. Rotate the password and extend "valid until".'
  },
  {
    name: 'PostgresCertificateExpiring',
    scope: 'instance',
    dashboard: 'pgvitals-instance',
    tiers: [
      warning('1h', `min by (${perServer}) (pgvitals_tls_certificate_expiry_timestamp_seconds) - time() < ${certificateExpirySeconds}`)
    ],
    summary: `The TLS certificate of ${server} expires within two weeks or has expired`,
    description: 'Afterwards, clients that verify the certificate cannot connect. Renew it and reload the server.'
  },
  {
    name: 'PostgresAccessExcess',
    scope: 'database',
    dashboard: 'pgvitals-database',
    tiers: [warning('5m', 'pg_access_excess > 0')],
    summary: `Role ${label('rolname')} has an undeclared privilege in ${database}: ${label('privilege')}`,
    description: 'The role may be able to read or change data of another team. Revoke the privilege, or declare it in the configuration.'
  },
  {
    name: 'PostgresAccessMissing',
    scope: 'database',
    dashboard: 'pgvitals-database',
    tiers: [warning('5m', 'pg_access_missing > 0')],
    summary: `Role ${label('rolname')} lacks a declared privilege in ${database}: ${label('privilege')}`,
    description: 'Clients that use the role fail with "permission denied". Grant the privilege, or remove it from the configuration.'
  }
]
