import type { AlertCase } from '../alert-case.ts'

const hit = 'pg_stat_database_blks_hit{datname="labeler"}'
const read = 'pg_stat_database_blks_read{datname="labeler"}'
const reads = 'pg_stat_io_reads_total{backend_type="client backend", object="relation", context="normal"}'
const seconds = 'pg_stat_io_read_seconds_total{backend_type="client backend", object="relation", context="normal"}'

export const cache: readonly AlertCase[] = [
  {
    alert: 'PostgresCacheHitLow',
    severity: 'warning',
    bad: { [hit]: '+270000', [read]: '+33000' },
    good: { [read]: '+300' },
    silent: { 'just above': { [hit]: '+330000' }, 'few reads': { [hit]: '+100000', [read]: '+27000' } },
    holdsAtOnce: true,
    summary: 'Database labeler on SERVER finds only 89.11% of its blocks in shared buffers'
  },
  {
    alert: 'PostgresReadLatencyHigh',
    severity: 'warning',
    bad: { [reads]: '+3600', [seconds]: '+79.2' },
    good: { [seconds]: '+1' },
    silent: { 'just below': { [seconds]: '+64.8' }, 'few reads': { [reads]: '+2880', [seconds]: '+79.2' } },
    holdsAtOnce: true,
    summary: 'A read takes 22ms on average on PostgreSQL server SERVER'
  }
]
