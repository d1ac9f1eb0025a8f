import { by, inDatabase, onServer, ratesBy } from '../house/expression.ts'
import type { Row } from '../house/layout.ts'
import { words } from '../house/mappings.ts'
import { stateTimeline } from '../house/state-panels.ts'
import { above, below } from '../house/steps.ts'
import { table } from '../house/table.ts'
import { timeseries } from '../house/timeseries.ts'
import { thresholds } from '../thresholds.ts'

export const standbyRow: Row = {
  title: 'This standby',
  isClosed: true,
  panels: [
    stateTimeline({
      title: 'Replay',
      about: [
        'whether this standby replays what it receives, or somebody has paused it.',
        'while it is paused, reads here get older and older, and a failover takes longer.',
        'it replays.',
        'select pg_wal_replay_resume().'
      ],
      unit: 'none',
      size: [24, 3],
      states: [
        {
          expr: `sum ${by()} (${onServer('pg_wal_replay_pause_state', 'state!="not paused"')}) or sum ${by()} (${onServer('pg_wal_replay_pause_state')}) * 0`,
          legend: 'replay'
        }
      ],
      mappings: words({ 0: ['replays', 'green'], 1: ['paused', 'red'] }),
      links: ['server'],
      empty: 'This is a primary'
    }),
    timeseries({
      title: 'Age of the last replayed transaction',
      about: [
        'how old the last replayed transaction is; it also grows while the primary is idle.',
        'reads on this standby are that old.',
        'seconds, while there is something to replay.',
        'bytes that are not replayed, on the right.'
      ],
      unit: 's',
      size: [8, 8],
      steps: above(thresholds.replicaLagSeconds),
      lines: [{ expr: onServer('pg_replication_last_replay_seconds'), legend: 'age' }],
      links: ['server'],
      empty: 'This is a primary'
    }),
    timeseries({
      title: 'Received and not replayed',
      about: [
        'bytes of WAL that this standby has received and not replayed.',
        'a long query, or a slow disk, holds replay back.',
        'kilobytes.',
        'the oldest query on this standby.'
      ],
      unit: 'bytes',
      size: [8, 8],
      lines: [{ expr: onServer('pg_replication_unreplayed_bytes'), legend: 'bytes', colour: 'blue' }],
      links: ['serverActivity'],
      empty: 'This is a primary'
    }),
    timeseries({
      title: 'Queries cancelled by replay',
      about: [
        'queries that were in the way of replay and were cancelled, by cause.',
        'users of the standby see errors.',
        'none.',
        'max_standby_streaming_delay, hot_standby_feedback.'
      ],
      unit: 'short',
      size: [8, 8],
      lines: (['snapshot', 'lock', 'bufferpin', 'deadlock', 'tablespace'] as const).map((cause) => ({
        expr: `sum ${by()} (increase(${inDatabase(`pg_stat_database_conflicts_confl_${cause}`)}[5m]))`,
        legend: cause
      })),
      links: ['server']
    })
  ]
}

const ofSlot = ['slot_name', 'slot_type']
const slot = (metric: Parameters<typeof onServer>[0]) => `max ${by(...ofSlot)} (${onServer(metric)})`

export const slotsRow: Row = {
  title: 'Slots',
  panels: [
    table({
      title: 'Replication slots',
      about: [
        'what each slot holds back, and whether anybody uses it.',
        'a slot without a consumer keeps WAL until the disk is full, and rows from vacuum.',
        'active, little held.',
        'drop a slot that nobody will use again.'
      ],
      size: [14, 8],
      labels: [
        { label: 'slot_name', title: 'Slot' },
        { label: 'slot_type', title: 'Type' }
      ],
      columns: [
        {
          title: 'State',
          unit: 'none',
          expr: slot('pg_replication_slots_active'),
          mappings: words({ 0: ['inactive', 'orange'], 1: ['active', 'green'] })
        },
        { title: 'Holds', unit: 'bytes', expr: slot('pg_replication_slots_pg_wal_lsn_diff'), steps: above(thresholds.slotRetainedBytes) },
        { title: 'Until lost', unit: 'bytes', expr: slot('pg_replication_slots_safe_wal_size_bytes'), steps: below({ critical: 1 }) },
        { title: 'Age of its rows', unit: 'short', expr: slot('pg_replication_slots_xmin_age'), steps: above(thresholds.xminHorizonAge) },
        {
          title: 'Age of catalog rows',
          unit: 'short',
          expr: slot('pg_replication_slots_catalog_xmin_age'),
          steps: above(thresholds.xminHorizonAge)
        }
      ],
      sortBy: 'Holds',
      empty: 'There are no slots'
    }),
    timeseries({
      title: 'WAL held by slots',
      about: [
        'bytes of WAL that each slot holds back.',
        'it ends with a full disk, or a lost slot.',
        'flat and small.',
        'the consumer of the slot that climbs.'
      ],
      unit: 'bytes',
      size: [10, 8],
      steps: above(thresholds.slotRetainedBytes),
      lines: [{ expr: slot('pg_replication_slots_pg_wal_lsn_diff'), legend: '{{slot_name}}' }],
      links: ['server'],
      empty: 'There are no slots'
    }),
    timeseries({
      title: 'Spilled by logical decoding',
      about: [
        'bytes of large transactions that decoding wrote to disk for each slot, in a second.',
        'it slows the consumer down, and the slot holds more WAL meanwhile.',
        'none, but for bulk loads.',
        'a larger logical_decoding_work_mem, or streaming.'
      ],
      unit: 'binBps',
      size: [24, 6],
      lines: [{ expr: ratesBy(['slot_name'], onServer('pg_stat_replication_slots_spill_bytes_total')), legend: '{{slot_name}}' }],
      links: ['server'],
      empty: 'There are no logical slots'
    })
  ]
}
