import { perServer } from '../identity.ts'
import { thresholds } from '../thresholds.ts'
import { type Alert, bytes, critical, label, percent, server, warning } from './alert.ts'

const slot = `Replication slot ${label('slot_name')} on ${server}`

export const slots: readonly Alert[] = [
  {
    name: 'PostgresSlotInactive',
    scope: 'instance',
    dashboard: 'pgvitals-replication',
    tiers: [
      warning(
        '15m',
        `pg_replication_slots_pg_wal_lsn_diff > ${thresholds.slotRetainedBytes}
and avg_over_time(pg_replication_slots_active[15m]) < ${thresholds.slotActiveRatio}
unless pg_replication_slots_synced == 1`
      )
    ],
    summary: `${slot} is inactive and retains ${bytes} of WAL`,
    description: 'WAL accumulates until the consumer reconnects, the slot is dropped or the disk is full. Identify its consumer.'
  },
  {
    name: 'PostgresSlotAtRisk',
    scope: 'instance',
    dashboard: 'pgvitals-replication',
    tiers: [
      warning(
        '5m',
        `pg_replication_slots_safe_wal_size_bytes
/ on (${perServer}) group_left () (pg_settings_max_slot_wal_keep_size_bytes > 0)
< ${thresholds.slotSafeRatio}`
      ),
      critical(
        '5m',
        `pg_replication_slots_pg_wal_lsn_diff
/ on (${perServer}) group_left () (min by (${perServer}) (pg_disk_free_bytes) > 0)
> ${thresholds.slotOfDiskFreeRatio}
and on (${perServer}) pg_settings_max_slot_wal_keep_size_bytes == -1`
      )
    ],
    summary: `${slot} will soon be invalidated or fill the disk: ${percent}`,
    description:
      'Warning: the remaining part of max_slot_wal_keep_size, after which the slot is lost. Critical: no such limit is set, and the value is the retained WAL relative to the free disk space.'
  },
  {
    name: 'PostgresSlotLost',
    scope: 'instance',
    dashboard: 'pgvitals-replication',
    tiers: [critical('1m', 'pg_replication_slots_wal_status{wal_status=~"lost|unreserved"} == 1')],
    summary: `${slot} is ${label('wal_status')}`,
    description: 'Unreserved: its WAL can be removed at the next checkpoint. Lost: the WAL was removed, and the consumer has to be rebuilt.'
  }
]
