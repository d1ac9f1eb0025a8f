import { board } from '../house/board.ts'
import { by, onServer } from '../house/expression.ts'
import { words } from '../house/mappings.ts'
import { quality } from '../house/quality.ts'
import { stat } from '../house/single-value.ts'
import { above, plain } from '../house/steps.ts'
import { table } from '../house/table.ts'
import { timeseries } from '../house/timeseries.ts'
import { database, server } from '../house/variables.ts'
import { thresholds } from '../thresholds.ts'
import { slotsRow, standbyRow } from './replication-rows.ts'
import { subscriptionsRow } from './replication-subscriptions.ts'
import { archiveRow, walRow } from './replication-wal.ts'

const ofStandby = ['application_name', 'client_addr', 'state', 'slot_name']
const lag = (stage: 'sent' | 'write' | 'flush' | 'replay') =>
  `sum ${by('application_name')} (${onServer(`pg_stat_replication_${stage}_lag_bytes`)})`

export const replication = board({
  uid: 'pgvitals-replication',
  title: 'Replication and WAL',
  question: 'Do the standbys keep up, what holds WAL back, and is it archived?',
  variables: [...server('one'), database('many')],
  rows: [
    {
      panels: [
        stat({
          title: 'Role',
          about: [
            'primary or standby.',
            'some panels are about one of them only.',
            'the role that you expect.',
            'the annotations show failovers.'
          ],
          unit: 'none',
          size: [3, 4],
          values: [{ expr: `max ${by('role')} (${onServer('pg_server_info')})`, legend: '{{role}}' }],
          steps: plain,
          showsName: true
        }),
        stat({
          title: 'Standbys streaming',
          about: [
            'standbys that stream from this server now.',
            'without one a failover loses data.',
            'as many as there are.',
            'the table below.'
          ],
          unit: 'short',
          size: [4, 4],
          values: [{ expr: onServer('server:pg_standbys_streaming:sum') }],
          steps: plain,
          empty: 'None'
        }),
        stat({
          title: 'Lag of this standby',
          about: [
            'age of the last transaction that was replayed; 0 on a primary, and where all that was received is replayed.',
            'reads here are that old.',
            'below a second, or the length of a long query.',
            'the row "This standby".'
          ],
          unit: 's',
          size: [4, 4],
          values: [{ expr: onServer('pg_replication_lag_seconds') }],
          steps: above(thresholds.replicaLagSeconds)
        }),
        stat({
          title: 'WAL on disk',
          about: [
            'the size of the WAL directory in proportion to max_wal_size.',
            'far above, something holds WAL back: a slot, the archive, or a checkpoint.',
            `below ${thresholds.walDirectory.timesMaxWalSize}.`,
            'the row "Slots", then "Archive".'
          ],
          unit: 'short',
          decimals: 2,
          size: [4, 4],
          values: [{ expr: `${onServer('pg_wal_size_bytes')} / (${onServer('pg_settings_max_wal_size_bytes')} > 0)` }],
          steps: above(thresholds.walDirectory.timesMaxWalSize),
          empty: 'Needs pg_monitor'
        }),
        stat({
          title: 'Not archived for',
          about: [
            'how long the oldest WAL file has waited to be archived.',
            'until it is, a point-in-time recovery does not reach it.',
            'minutes.',
            'the row "Archive".'
          ],
          unit: 's',
          size: [3, 4],
          values: [{ expr: onServer('pg_archiver_backlog_oldest_age_seconds') }],
          steps: above(thresholds.archiverBacklogSeconds),
          empty: 'None waits'
        }),
        ...quality(4),
        table({
          title: 'Who streams from this server',
          about: [
            'the standbys and subscribers of this server, and how far behind they are.',
            'a standby that is behind is of no use in a failover.',
            'kilobytes, under a second.',
            'the panels below.'
          ],
          size: [24, 6],
          labels: [
            { label: 'application_name', title: 'Name' },
            { label: 'client_addr', title: 'Address' },
            { label: 'state', title: 'State' },
            { label: 'slot_name', title: 'Slot' }
          ],
          columns: [
            {
              title: 'Behind',
              unit: 'bytes',
              expr: `max ${by(...ofStandby)} (${onServer('pg_stat_replication_replay_lag_bytes')})`,
              steps: above(thresholds.replicaLagBytes)
            },
            {
              title: 'Replayed after',
              unit: 's',
              expr: `max ${by(...ofStandby)} (${onServer('pg_stat_replication_replay_lag_seconds')})`,
              steps: above(thresholds.replicaLagSeconds)
            },
            {
              title: 'Waited for',
              unit: 'none',
              expr: `max ${by(...ofStandby)} (${onServer('pg_stat_replication_sync_priority')}) > bool 0`,
              mappings: words({ 0: ['no, asynchronous', 'text'], 1: ['yes, synchronous', 'green'] })
            }
          ],
          sortBy: 'Behind',
          empty: 'Nobody streams from this server'
        }),
        timeseries({
          title: 'Behind, by stage',
          about: [
            'bytes of WAL that were not sent, written, synced or replayed yet; each stage holds those before it.',
            'the first stage that is large is where it sticks: network, disk, or replay.',
            'kilobytes.',
            'the standby, where replay is the largest.'
          ],
          unit: 'bytes',
          size: [12, 8],
          steps: above(thresholds.replicaLagBytes),
          lines: [
            { expr: lag('sent'), legend: '{{application_name}} not sent' },
            { expr: lag('write'), legend: '{{application_name}} not written' },
            { expr: lag('flush'), legend: '{{application_name}} not synced' },
            { expr: lag('replay'), legend: '{{application_name}} not replayed' }
          ],
          links: ['server'],
          empty: 'Nobody streams from this server'
        }),
        timeseries({
          title: 'Behind, in time',
          about: [
            'time until recent WAL was written, synced and replayed by each standby.',
            'a commit that waits for a standby waits this long.',
            'milliseconds.',
            'the network, then the disk of the standby.'
          ],
          unit: 's',
          size: [12, 8],
          lines: (['write', 'flush', 'replay'] as const).map((stage) => ({
            expr: `max ${by('application_name')} (${onServer(`pg_stat_replication_${stage}_lag_seconds`)})`,
            legend: `{{application_name}} ${{ write: 'written', flush: 'synced', replay: 'replayed' }[stage]}`
          })),
          links: ['server'],
          empty: 'There was no recent WAL to measure'
        })
      ]
    },
    standbyRow,
    slotsRow,
    subscriptionsRow,
    walRow,
    archiveRow
  ]
})
