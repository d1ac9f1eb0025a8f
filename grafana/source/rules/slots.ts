import { perServer } from '../identity.ts'
import { thresholds } from '../thresholds.ts'
import type { Alert } from './alert.ts'

export const slots: readonly Alert[] = [
  {
    name: 'PostgresSlotInactive',
    scope: 'instance',
    dashboard: 'pgvitals-replication',
    tiers: [
      {
        severity: 'warning',
        expression: `pg_replication_slots_pg_wal_lsn_diff > ${thresholds.slotRetainedBytes}
and pg_replication_slots_active == 0
unless pg_replication_slots_synced == 1`,
        for: '15m'
      }
    ],
    summary: 'Replication slot {{ $labels.slot_name }} on {{ $labels.server }} is unused and holds {{ $value | humanize1024 }}B of WAL',
    description: 'WAL piles up until its consumer comes back, the slot is dropped or the disk is full. Find out whose slot it is.'
  },
  {
    name: 'PostgresSlotAtRisk',
    scope: 'instance',
    dashboard: 'pgvitals-replication',
    tiers: [
      {
        severity: 'warning',
        expression: `pg_replication_slots_safe_wal_size_bytes
/ on (${perServer}) group_left () (pg_settings_max_slot_wal_keep_size_bytes > 0)
< ${thresholds.slotSafeRatio}`,
        for: '5m'
      },
      {
        severity: 'critical',
        expression: `pg_replication_slots_pg_wal_lsn_diff
/ on (${perServer}) group_left () (min by (${perServer}) (pg_disk_free_bytes) > 0)
> ${thresholds.slotOfDiskFreeRatio}
and on (${perServer}) pg_settings_max_slot_wal_keep_size_bytes == -1`,
        for: '5m'
      }
    ],
    summary: 'Replication slot {{ $labels.slot_name }} on {{ $labels.server }} is near its end: {{ $value | humanizePercentage }}',
    description:
      'Warning: what is left of max_slot_wal_keep_size, after which the slot is lost. Critical: without that limit, the WAL it holds in proportion to the free disk.'
  },
  {
    name: 'PostgresSlotLost',
    scope: 'instance',
    dashboard: 'pgvitals-replication',
    tiers: [{ severity: 'critical', expression: 'pg_replication_slots_wal_status{wal_status=~"lost|unreserved"} == 1', for: '1m' }],
    summary: 'Replication slot {{ $labels.slot_name }} on {{ $labels.server }} is {{ $labels.wal_status }}',
    description: 'Unreserved: its WAL goes at the next checkpoint. Lost: it is gone, and its consumer has to be made anew.'
  }
]
