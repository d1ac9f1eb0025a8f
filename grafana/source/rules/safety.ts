import { perServer } from '../identity.ts'
import { thresholds } from '../thresholds.ts'
import type { Alert } from './alert.ts'

const { checksumFailureRememberedSeconds, passwordExpirySeconds, certificateExpirySeconds } = thresholds

const recently = (family: string) => `time() - ${family}_checksum_last_failure_timestamp_seconds < ${checksumFailureRememberedSeconds}`
const ends = (metric: string, seconds: number) => `0 < ${metric} - time() < ${seconds}`

export const safety: readonly Alert[] = [
  {
    name: 'PostgresChecksumFailure',
    scope: 'database',
    dashboard: 'pgvitals-database',
    tiers: [
      { severity: 'critical', expression: recently('pg_stat_database'), for: '0m' },
      { severity: 'critical', expression: recently('pg_stat_database_shared'), for: '0m', scope: 'instance' }
    ],
    summary: 'PostgreSQL server {{ $labels.server }} found a page with a wrong checksum{{ with $labels.datname }} in {{ . }}{{ end }}',
    description: 'Data on disk is damaged. Do not vacuum full, dump over old backups or restart in haste. The log names the file and block.'
  },
  {
    name: 'PostgresDangerousSetting',
    scope: 'instance',
    dashboard: 'pgvitals-instance',
    tiers: [
      { severity: 'critical', expression: 'pg_setting_dangerous{name!="synchronous_commit"} == 1', for: '5m' },
      { severity: 'info', expression: 'pg_setting_dangerous{name="synchronous_commit"} == 1', for: '5m' }
    ],
    summary: 'Parameter {{ $labels.name }} of {{ $labels.server }} has a dangerous value',
    description: 'Data can be lost or corrupted, or decays without vacuum. Somebody set it for a load or a repair and forgot.'
  },
  {
    name: 'PostgresSettingsPendingRestart',
    scope: 'instance',
    dashboard: 'pgvitals-instance',
    tiers: [{ severity: 'info', expression: 'pg_setting_pending_restarts > 0', for: '1d' }],
    summary: '{{ $value }} parameters of {{ $labels.server }} wait for a restart',
    description: 'The server does not run with what its configuration says, and the next restart will change it.'
  },
  {
    name: 'PostgresRoleExpiring',
    scope: 'instance',
    dashboard: 'pgvitals-instance',
    tiers: [{ severity: 'warning', expression: ends('pg_role_valid_until_timestamp_seconds', passwordExpirySeconds), for: '1h' }],
    summary: 'The password of role {{ $labels.rolname }} on {{ $labels.server }} expires within a week',
    description: 'After that whoever uses it cannot connect. Rotate it, and move "valid until".'
  },
  {
    name: 'PostgresCertificateExpiring',
    scope: 'instance',
    dashboard: 'pgvitals-instance',
    tiers: [
      {
        severity: 'warning',
        expression: ends(`min by (${perServer}) (pgvitals_tls_certificate_expiry_timestamp_seconds)`, certificateExpirySeconds),
        for: '1h'
      }
    ],
    summary: 'The TLS certificate of {{ $labels.server }} expires within two weeks',
    description: 'After that every client that verifies it is refused. Renew it; a reload of the server is enough.'
  },
  {
    name: 'PostgresAccessExcess',
    scope: 'database',
    dashboard: 'pgvitals-database',
    tiers: [{ severity: 'warning', expression: 'pg_access_excess > 0', for: '5m' }],
    summary:
      'Role {{ $labels.rolname }} has {{ $labels.privilege }} in {{ $labels.datname }} on {{ $labels.server }}, which is not declared',
    description: 'Somebody can read or change data of another team. Revoke it, or declare it in the configuration.'
  },
  {
    name: 'PostgresAccessMissing',
    scope: 'database',
    dashboard: 'pgvitals-database',
    tiers: [{ severity: 'warning', expression: 'pg_access_missing > 0', for: '5m' }],
    summary: 'Role {{ $labels.rolname }} lacks {{ $labels.privilege }} in {{ $labels.datname }} on {{ $labels.server }}, which is declared',
    description: 'Whoever uses the role fails. Grant it, or take it out of the configuration.'
  }
]
