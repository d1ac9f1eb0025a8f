import type { AlertCase } from '../alert-case.ts'

const slot = 'slot_name="s", slot_type="physical", database=""'
const retained = `pg_replication_slots_pg_wal_lsn_diff{${slot}}`
const active = `pg_replication_slots_active{${slot}}`
const synced = `pg_replication_slots_synced{${slot}}`
const safe = `pg_replication_slots_safe_wal_size_bytes{${slot}}`
const free = 'pg_disk_free_bytes{source="configured"}'
const status = (value: string) => `pg_replication_slots_wal_status{slot_name="s", slot_type="physical", wal_status="${value}"}`
const keep = 'pg_settings_max_slot_wal_keep_size_bytes'
const labels = { slot_name: 's', slot_type: 'physical' }

export const slots: readonly AlertCase[] = [
  {
    alert: 'PostgresSlotInactive',
    severity: 'warning',
    bad: { [retained]: 2 ** 30, [active]: 0, [synced]: 0 },
    good: { [retained]: 1000 },
    silent: {
      'just below': { [retained]: 0.95e9 },
      'in use': { [active]: 1 },
      'in use most of the time': {
        [active]: '1 0 1 0 1 1 0 1 0 1 1 0 1 0 1 1 0 1 0 1 1 0 1 0 1 1 0 1 0 1 1 0 1 0 1 1 0 1 0 1 1 0 1 0 1 1 0 1 0 1 1 0 1 0 1+0x20'
      },
      'synchronized failover slot': { [synced]: 1 }
    },
    fires: {
      'in use for moments': {
        [active]: '0 1 0 1 0 0 1 0 1 0 0 1 0 1 0 0 1 0 1 0 0 1 0 1 0 0 1 0 1 0 0 1 0 1 0 0 1 0 1 0 0 1 0 1 0 0 1 0 1 0+0x20'
      }
    },
    optional: [synced],
    holdsAtOnce: true,
    labels,
    summary: 'Replication slot s on SERVER is inactive and retains 1GiB of WAL'
  },
  {
    alert: 'PostgresSlotAtRisk',
    severity: 'warning',
    bad: { [safe]: 2.4e9, [keep]: 10e9 },
    good: { [safe]: 9e9 },
    silent: { 'just above': { [safe]: 2.6e9 }, unlimited: { [keep]: -1 }, 'limit of zero': { [safe]: -1, [keep]: 0 } },
    fires: { 'a small limit': { [safe]: 1.2, [keep]: 5 } },
    labels,
    summary: 'Replication slot s on SERVER will soon be invalidated or fill the disk: 24%'
  },
  {
    alert: 'PostgresSlotAtRisk',
    severity: 'critical',
    bad: { [retained]: 5.1e9, [free]: 10e9, [keep]: -1 },
    good: { [retained]: 1e9 },
    silent: { 'just below': { [retained]: 4.9e9 }, limited: { [keep]: 10e9 }, 'unknown disk': { [free]: 0 } },
    fires: { 'a small disk': { [retained]: 2.55, [free]: 5 } },
    labels,
    summary: 'Replication slot s on SERVER will soon be invalidated or fill the disk: 51%'
  },
  {
    alert: 'PostgresSlotLost',
    severity: 'critical',
    bad: { [status('unreserved')]: 1 },
    good: { [status('unreserved')]: 0 },
    silent: { 'other states': { [status('unreserved')]: 0, [status('reserved')]: 1, [status('extended')]: 1 } },
    fires: { lost: { [status('unreserved')]: 0, [status('lost')]: 1 } },
    labels: { slot_name: 's', slot_type: 'physical', wal_status: 'unreserved' },
    variantLabels: { lost: { wal_status: 'lost' } },
    summary: 'Replication slot s on SERVER is unreserved',
    summaries: { lost: 'Replication slot s on SERVER is lost' }
  }
]
