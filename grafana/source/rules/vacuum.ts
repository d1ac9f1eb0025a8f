import { perDatabase, perServer, perTable } from '../identity.ts'
import { thresholds } from '../thresholds.ts'
import type { Alert } from './alert.ts'

const { freezeAgeRatio, idsLeft, xminHorizonAge, vacuumDue, unvacuumedTableBytes } = thresholds

const held = (datname: string) =>
  `max by (${perDatabase}, holder) (pg_xmin_horizon_age{${datname}, holder!="autovacuum"}) > ${xminHorizonAge}`

export const vacuum: readonly Alert[] = [
  {
    name: 'PostgresXidAgeHigh',
    scope: 'database',
    dashboard: 'pgvitals-vacuum',
    tiers: [
      {
        severity: 'warning',
        expression: `pg_database_xid_age / on (${perServer}) group_left () pg_settings_autovacuum_freeze_max_age > ${freezeAgeRatio}`,
        for: '1h'
      },
      { severity: 'critical', expression: `pg_database_xids_left < ${idsLeft}`, for: '5m' }
    ],
    summary: 'Transaction ids of {{ $labels.datname }} on {{ $labels.server }} are not frozen in time: {{ $value | humanize }}',
    description:
      'Warning: age in proportion to autovacuum_freeze_max_age. Critical: transactions left until the whole server refuses writes. Vacuum does not keep up or is held back.'
  },
  {
    name: 'PostgresMultixactAgeHigh',
    scope: 'database',
    dashboard: 'pgvitals-vacuum',
    tiers: [
      {
        severity: 'warning',
        expression: `pg_database_multixact_age / on (${perServer}) group_left () pg_settings_autovacuum_multixact_freeze_max_age > ${freezeAgeRatio}`,
        for: '1h'
      },
      { severity: 'critical', expression: `pg_database_multixacts_left < ${idsLeft}`, for: '5m' }
    ],
    summary: 'Multixacts of {{ $labels.datname }} on {{ $labels.server }} are not frozen in time: {{ $value | humanize }}',
    description:
      'Warning: age in proportion to autovacuum_multixact_freeze_max_age. Critical: multixacts left until the whole server refuses writes that need one.'
  },
  {
    name: 'PostgresXminHorizonHeld',
    scope: 'database',
    dashboard: 'pgvitals-vacuum',
    tiers: [
      { severity: 'warning', expression: held('datname!=""'), for: '1h' },
      { severity: 'warning', expression: held('datname=""'), for: '1h', scope: 'instance' }
    ],
    summary:
      'On {{ $labels.server }} a {{ $labels.holder }} {{ with $labels.datname }}in {{ . }} {{ end }}keeps the dead rows of {{ $value | humanize }} transactions from vacuum',
    description:
      'Tables grow and queries slow down until it ends. The label holder says what it is: session, prepared, slot, slot_catalog or standby.'
  },
  {
    name: 'PostgresVacuumStarved',
    scope: 'database',
    dashboard: 'pgvitals-table',
    variables: ['schemaname', 'relname'],
    tiers: [
      {
        severity: 'warning',
        expression: `pg_table_vacuum_due_ratio > ${vacuumDue.ratio} and on (${perTable}) pg_stat_user_tables_n_dead_tup > ${vacuumDue.leastDeadRows}`,
        for: '6h'
      }
    ],
    summary:
      'Table {{ $labels.schemaname }}.{{ $labels.relname }} of {{ $labels.datname }} on {{ $labels.server }} is {{ $value | humanize }} times past due for a vacuum',
    description: 'Autovacuum is off for it, does not get to it, or cannot remove its dead rows because somebody still needs them.'
  },
  {
    name: 'PostgresAutovacuumOff',
    scope: 'database',
    dashboard: 'pgvitals-table',
    variables: ['schemaname', 'relname'],
    tiers: [
      {
        severity: 'warning',
        expression: `pg_table_autovacuum_enabled == 0 and on (${perTable}) pg_stat_user_tables_table_size_bytes > ${unvacuumedTableBytes}`,
        for: '1h'
      }
    ],
    summary:
      'Autovacuum is off for the large table {{ $labels.schemaname }}.{{ $labels.relname }} of {{ $labels.datname }} on {{ $labels.server }}',
    description: 'It will bloat and its statistics grow old. Somebody switched it off for a load and forgot.'
  },
  {
    name: 'PostgresAutovacuumSaturated',
    scope: 'instance',
    dashboard: 'pgvitals-vacuum',
    tiers: [
      {
        severity: 'warning',
        expression: `sum by (${perServer}) (pg_stat_activity_backends{backend_type="autovacuum worker"}) >= pg_settings_autovacuum_max_workers`,
        for: '2h'
      }
    ],
    summary: 'All {{ $value }} autovacuum workers of {{ $labels.server }} have been busy for two hours',
    description:
      'Tables wait for their vacuum. Most often the workers are throttled: raise autovacuum_vacuum_cost_limit before their number.'
  },
  {
    name: 'PostgresAutovacuumBlocked',
    scope: 'database',
    dashboard: 'pgvitals-activity',
    tiers: [
      {
        severity: 'warning',
        expression: `sum by (${perDatabase}) (pg_stat_activity_wait_events{backend_type="autovacuum worker", wait_event_type="Lock"}) > 0`,
        for: '5m'
      }
    ],
    summary: 'Autovacuum in {{ $labels.datname }} on {{ $labels.server }} waits for a lock',
    description:
      'An ordinary autovacuum gives way; one that waits works against wraparound and blocks others in turn. Find who holds the table.'
  },
  {
    name: 'PostgresInvalidIndex',
    scope: 'database',
    dashboard: 'pgvitals-table',
    variables: ['schemaname', 'relname'],
    tiers: [{ severity: 'warning', expression: 'pg_index_invalid == 1', for: '1h' }],
    summary: 'Index {{ $labels.schemaname }}.{{ $labels.indexrelname }} of {{ $labels.datname }} on {{ $labels.server }} is invalid',
    description: 'A "create index concurrently" failed. Every write keeps it up and no query uses it: drop it, or reindex concurrently.'
  }
]
