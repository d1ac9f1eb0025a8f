// Replication and WAL. Rows: key figures and standbys, this standby, slots, subscriptions, WAL and checkpoints, archive.

import { help } from '../catalogue.ts'
import { board, closedRow, row, top } from '../panels/board.ts'
import { above, below, words } from '../panels/colours.ts'
import { increasesBy, inDatabase, maxBy, onServer, ratesBy, ratio, type SeriesName, sumBy } from '../panels/promql.ts'
import { stat } from '../panels/stat.ts'
import { stateTimeline } from '../panels/states.ts'
import { table } from '../panels/table.ts'
import { timeseries } from '../panels/timeseries.ts'
import { database, server } from '../panels/variables.ts'
import { thresholds } from '../thresholds.ts'
import { dataQuality } from './shared-panels.ts'

const lagSteps = above(thresholds.replicaLagSeconds)
const walSize = onServer('pg_wal_size_bytes')
const maxWalSize = onServer('pg_settings_max_wal_size_bytes')
const standby = (metric: SeriesName) => maxBy(['application_name', 'client_addr', 'state', 'slot_name'], onServer(metric))
const slot = (metric: SeriesName) => maxBy(['slot_name', 'slot_type'], onServer(metric))
const subscription = (metric: SeriesName) => maxBy(['datname', 'subname'], inDatabase(metric))
const notReplaying = sumBy([], onServer('pg_wal_replay_pause_state', 'state!="not paused"'))
const noStandbys = 'No standby or subscriber is connected'
const noSubscriptions = 'There are no subscriptions'

export const replication = board('pgvitals-replication', {
  question: 'Do the standbys keep up, what retains WAL, and is it archived?',
  variables: [...server('one'), database('many')],
  rows: [
    top(
      stat('Role', [3, 4], 'none', {
        about: [
          'The role of the server: primary or standby.',
          'Some panels apply to one of them only.',
          'The expected role.',
          'See the annotations for failovers.'
        ],
        expr: maxBy(['role'], onServer('pg_server_info')),
        legend: '{{role}}',
        showsName: true
      }),
      stat('Streaming standbys', [4, 4], 'short', {
        about: [
          'Standbys that stream from this server.',
          'Without one, a failover loses data.',
          'The number of configured standbys.',
          'See the table below.'
        ],
        expr: onServer('server:pg_standbys_streaming:sum'),
        empty: 'None'
      }),
      stat('Lag of this standby', [4, 4], 's', {
        about: [
          help('pg_replication_lag_seconds'),
          'Queries on this standby return data of that age.',
          'Below a second, or the duration of a long query.',
          'See the row "This standby".'
        ],
        expr: onServer('pg_replication_lag_seconds'),
        steps: lagSteps
      }),
      stat('WAL size', [4, 4], 'short', {
        about: [
          'Size of the WAL directory relative to max_wal_size.',
          'Far above 1, a slot, the archive or a checkpoint retains WAL.',
          `Below ${thresholds.walDirectory.timesMaxWalSize}.`,
          'See the row "Slots", then "Archive".'
        ],
        expr: ratio(walSize, maxWalSize),
        decimals: 2,
        steps: above(thresholds.walDirectory.timesMaxWalSize),
        empty: 'Needs pg_monitor'
      }),
      stat('Archive delay', [3, 4], 's', {
        about: [
          'Time that the oldest WAL file has waited to be archived.',
          'Point-in-time recovery is not possible beyond this file.',
          'Minutes.',
          'See the row "Archive".'
        ],
        expr: onServer('pg_archiver_backlog_oldest_age_seconds'),
        steps: above(thresholds.archiverBacklogSeconds),
        empty: 'No file waits, or no archiver runs'
      }),
      ...dataQuality,
      table('Standbys and subscribers', [24, 6], {
        about: [
          'The standbys and subscribers of this server with their lag.',
          'A failover to a standby with lag loses data or takes longer.',
          'Kilobytes, below a second.',
          'See the panels below.'
        ],
        labels: [
          { label: 'application_name', title: 'Name' },
          { label: 'client_addr', title: 'Address' },
          { label: 'state', title: 'State' },
          { label: 'slot_name', title: 'Slot' }
        ],
        columns: [
          { title: 'Lag', unit: 'bytes', expr: standby('pg_stat_replication_replay_lag_bytes'), steps: above(thresholds.replicaLagBytes) },
          { title: 'Replay lag', unit: 's', expr: standby('pg_stat_replication_replay_lag_seconds'), steps: lagSteps },
          {
            title: 'Synchronous',
            unit: 'none',
            expr: `${standby('pg_stat_replication_sync_priority')} > bool 0`,
            mappings: words({ 0: ['no', 'text'], 1: ['yes', 'green'] })
          }
        ],
        sortBy: 'Lag',
        empty: noStandbys
      }),
      timeseries('Lag by stage (bytes)', [12, 8], 'bytes', {
        about: [
          'Bytes of WAL not yet sent, written, flushed and replayed; each stage includes those before it.',
          'The first large stage is the bottleneck: network, disk, or replay.',
          'Kilobytes.',
          'Open the dashboard of the standby if replay is the largest.'
        ],
        lines: (['sent', 'write', 'flush', 'replay'] as const).map((stage) => ({
          expr: sumBy(['application_name'], onServer(`pg_stat_replication_${stage}_lag_bytes`)),
          legend: `{{application_name}} not ${{ sent: 'sent', write: 'written', flush: 'flushed', replay: 'replayed' }[stage]}`
        })),
        steps: above(thresholds.replicaLagBytes),
        links: ['server'],
        empty: noStandbys
      }),
      timeseries('Lag by stage (time)', [12, 8], 's', {
        about: [
          'Time until recent WAL is written, flushed and replayed by each standby.',
          'A synchronous commit waits this long.',
          'Milliseconds.',
          'Check the network, then the disk of the standby.'
        ],
        lines: (['write', 'flush', 'replay'] as const).map((stage) => ({
          expr: maxBy(['application_name'], onServer(`pg_stat_replication_${stage}_lag_seconds`)),
          legend: `{{application_name}} ${{ write: 'written', flush: 'flushed', replay: 'replayed' }[stage]}`
        })),
        links: ['server'],
        empty: 'No recent WAL to measure'
      })
    ),
    closedRow(
      'This standby',
      stateTimeline('Replay', [24, 3], {
        about: [
          'Whether this standby replays what it receives, or replay is paused.',
          'While replay is paused, queries return increasingly old data, and a failover takes longer.',
          'It replays.',
          'Run select pg_wal_replay_resume().'
        ],
        expr: `${notReplaying} or ${sumBy([], onServer('pg_wal_replay_pause_state'))} * 0`,
        legend: 'replay',
        mappings: words({ 0: ['replays', 'green'], 1: ['paused', 'red'] }),
        links: ['server'],
        empty: 'This is a primary'
      }),
      timeseries('Age of the last replayed transaction', [8, 8], 's', {
        about: [
          help('pg_replication_last_replay_seconds'),
          'Queries on this standby return data of that age.',
          'Seconds, while the primary writes.',
          'See the bytes that are not replayed.'
        ],
        expr: onServer('pg_replication_last_replay_seconds'),
        legend: 'age',
        steps: lagSteps,
        links: ['server'],
        empty: 'A primary, or nothing was replayed yet'
      }),
      timeseries('WAL not replayed', [8, 8], 'bytes', {
        about: [
          'WAL that this standby has received but not replayed; without streaming, WAL of its primary that it has not restored from the archive.',
          'A long query or a slow disk delays replay.',
          'Kilobytes.',
          'Look for the oldest query on this standby.'
        ],
        lines: [
          { expr: onServer('pg_replication_unreplayed_bytes'), legend: 'received', colour: 'blue' },
          { expr: onServer('server:pg_restore_lag:bytes'), legend: 'not restored from the archive', colour: 'orange' }
        ],
        links: ['serverActivity'],
        empty: 'A primary, or a standby of an unknown primary'
      }),
      timeseries('Queries cancelled by replay', [8, 8], 'short', {
        about: [
          'Queries cancelled because they conflicted with replay, by cause, in five minutes.',
          'Users of the standby see errors.',
          'None.',
          'Check max_standby_streaming_delay and hot_standby_feedback.'
        ],
        lines: (['snapshot', 'lock', 'bufferpin', 'deadlock', 'tablespace'] as const).map((cause) => ({
          expr: increasesBy([], inDatabase(`pg_stat_database_conflicts_confl_${cause}`), '[5m]'),
          legend: cause
        })),
        links: ['server']
      })
    ),
    row(
      'Slots',
      table('Replication slots', [14, 8], {
        about: [
          'What each slot retains, and whether it is in use.',
          'A slot without a consumer retains WAL until the disk is full, and holds back vacuum.',
          'Active, little retained.',
          'Drop a slot that is no longer needed.'
        ],
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
          {
            title: 'Retained',
            unit: 'bytes',
            expr: slot('pg_replication_slots_pg_wal_lsn_diff'),
            steps: above(thresholds.slotRetainedBytes)
          },
          { title: 'Until lost', unit: 'bytes', expr: slot('pg_replication_slots_safe_wal_size_bytes'), steps: below({ critical: 1 }) },
          { title: 'xmin age', unit: 'short', expr: slot('pg_replication_slots_xmin_age'), steps: above(thresholds.xminHorizonAge) },
          {
            title: 'catalog_xmin age',
            unit: 'short',
            expr: slot('pg_replication_slots_catalog_xmin_age'),
            steps: above(thresholds.xminHorizonAge)
          }
        ],
        sortBy: 'Retained',
        empty: 'There are no slots'
      }),
      timeseries('WAL retained by slots', [10, 8], 'bytes', {
        about: [
          'Bytes of WAL that each slot retains.',
          'If this continues, the disk becomes full or the slot is lost.',
          'Flat and small.',
          'Check the consumer of the slot that grows.'
        ],
        expr: slot('pg_replication_slots_pg_wal_lsn_diff'),
        legend: '{{slot_name}}',
        steps: above(thresholds.slotRetainedBytes),
        links: ['server'],
        empty: 'There are no slots'
      }),
      timeseries('Bytes spilled by logical decoding', [24, 6], 'binBps', {
        about: [
          'Bytes per second of large transactions that logical decoding writes to disk, by slot.',
          'The consumer becomes slower, and the slot retains more WAL.',
          'None, except during bulk loads.',
          'Raise logical_decoding_work_mem, or use streaming.'
        ],
        expr: ratesBy(['slot_name'], onServer('pg_stat_replication_slots_spill_bytes_total')),
        legend: '{{slot_name}}',
        links: ['server'],
        empty: 'There are no logical slots'
      })
    ),
    closedRow(
      'Subscriptions',
      table('Subscriptions of this server', [14, 8], {
        about: [
          'The subscriptions, the state of their apply workers, and the age of the last message from the publisher.',
          'While a worker is stopped, data becomes stale, and the slot on the publisher retains WAL.',
          'Enabled, running, seconds.',
          'Read the server log; check the slot on the publisher.'
        ],
        labels: [
          { label: 'subname', title: 'Subscription' },
          { label: 'datname', title: 'Database', links: ['database'] }
        ],
        columns: [
          {
            title: 'State',
            unit: 'none',
            expr: subscription('pg_stat_subscription_enabled'),
            mappings: words({ 0: ['disabled', 'red'], 1: ['enabled', 'green'] })
          },
          {
            title: 'Worker',
            unit: 'none',
            expr: subscription('pg_stat_subscription_apply_worker_up'),
            mappings: words({ 0: ['stopped', 'red'], 1: ['running', 'green'] })
          },
          { title: 'Last message', unit: 's', expr: subscription('pg_stat_subscription_last_message_age_seconds'), steps: lagSteps },
          { title: 'Sync workers', unit: 'short', expr: subscription('pg_stat_subscription_sync_workers') }
        ],
        sortBy: 'Subscription',
        isAscending: true,
        empty: noSubscriptions
      }),
      timeseries('Subscription errors', [10, 8], 'short', {
        about: [
          'Errors while changes are applied and while tables are copied, in five minutes.',
          'The worker restarts repeatedly without progress.',
          'None.',
          'Read the server log, which names the row.'
        ],
        lines: (['apply', 'sync'] as const).map((kind) => ({
          expr: increasesBy(['datname', 'subname'], inDatabase(`pg_stat_subscription_stats_${kind}_errors_total`), '[5m]'),
          legend: `{{subname}} ${kind}`
        })),
        links: ['database'],
        empty: noSubscriptions
      })
    ),
    row(
      'WAL and checkpoints',
      timeseries('WAL generated', [8, 8], 'binBps', {
        about: [
          'Bytes of WAL per second: written on a primary, received and replayed on a standby.',
          'Standbys and the archive receive all of it.',
          'The usual daily pattern.',
          'Open the Statements dashboard for the statements that generate WAL.'
        ],
        lines: [
          { expr: ratesBy([], onServer('pg_wal_position_written_bytes_total')), legend: 'written', colour: 'blue' },
          { expr: ratesBy([], onServer('pg_wal_position_received_bytes_total')), legend: 'received', colour: 'green' },
          { expr: ratesBy([], onServer('pg_wal_position_replayed_bytes_total')), legend: 'replayed', colour: 'purple' }
        ],
        links: ['server']
      }),
      timeseries('WAL directory', [8, 8], 'bytes', {
        about: [
          'Size of the WAL directory; the dashed line is max_wal_size.',
          'Far above the line, a slot or failing archiving retains WAL.',
          'Up to the line.',
          'Check the slots and the archive.'
        ],
        lines: [
          { expr: walSize, legend: 'size', colour: 'blue' },
          { expr: maxWalSize, legend: 'max_wal_size', dashed: true }
        ],
        links: ['serverStorage'],
        empty: 'Needs pg_monitor'
      }),
      timeseries('WAL since the last checkpoint', [8, 8], 'bytes', {
        about: [
          help('pg_control_checkpoint_wal_since_redo_bytes'),
          'It determines how long recovery after a crash takes.',
          'A sawtooth up to max_wal_size.',
          'Check max_wal_size and checkpoint_timeout.'
        ],
        expr: onServer('pg_control_checkpoint_wal_since_redo_bytes'),
        legend: 'bytes',
        colour: 'blue',
        links: ['server']
      }),
      timeseries('Checkpoints', [8, 8], 'short', {
        about: [
          'Checkpoints per hour: scheduled by checkpoint_timeout, and requested because of max_wal_size or by a command.',
          'Requested checkpoints come early and write more.',
          `Mostly scheduled; a warning when more than ${thresholds.checkpoints.requestedRatio} are requested.`,
          'Raise max_wal_size.'
        ],
        lines: [
          { expr: `3600 * rate(${onServer('pg_stat_checkpointer_num_timed_total')}[30m])`, legend: 'scheduled', colour: 'green' },
          { expr: `3600 * rate(${onServer('pg_stat_checkpointer_num_requested_total')}[30m])`, legend: 'requested', colour: 'orange' }
        ],
        links: ['server']
      }),
      timeseries('Checkpoint time', [8, 8], 'short', {
        about: [
          'Seconds per second that checkpoints write and sync.',
          'Syncs can stall all other writes.',
          'Writes spread over time, short syncs.',
          'Check checkpoint_completion_target and the disk.'
        ],
        lines: [
          { expr: ratesBy([], onServer('pg_stat_checkpointer_write_seconds_total')), legend: 'writing', colour: 'blue' },
          { expr: ratesBy([], onServer('pg_stat_checkpointer_sync_seconds_total')), legend: 'syncing', colour: 'red' }
        ],
        links: ['server']
      }),
      timeseries('Full page images', [8, 8], 'percentunit', {
        about: [
          'Full page images relative to all WAL records.',
          'After each checkpoint, the first change of a page writes the whole page to WAL.',
          'Below a half.',
          'Reduce the number of checkpoints: raise max_wal_size.'
        ],
        expr: `rate(${onServer('pg_stat_wal_fpi_total')}[$__rate_interval]) / (rate(${onServer('pg_stat_wal_records_total')}[$__rate_interval]) > 0)`,
        legend: 'full page images',
        colour: 'blue',
        max: 1,
        links: ['server'],
        empty: 'Counted since PostgreSQL 14'
      })
    ),
    closedRow(
      'Archive',
      timeseries('Archived files', [12, 8], 'short', {
        about: [
          'WAL files archived, and failed attempts, in five minutes.',
          'WAL that is not archived is missing in backups, and remains on disk.',
          'No failures.',
          'Read the server log; check archive_command.'
        ],
        lines: [
          { expr: `increase(${onServer('pg_stat_archiver_archived_total')}[5m])`, legend: 'archived', colour: 'green' },
          { expr: `increase(${onServer('pg_stat_archiver_failed_total')}[5m])`, legend: 'failed', colour: 'red' }
        ],
        links: ['server'],
        empty: 'No archiver runs: archive_mode is off, or on on a standby'
      }),
      timeseries('Files to archive', [12, 8], 'short', {
        about: [help('pg_archiver_backlog_files'), 'They are lost if the disk fails.', '0 or 1.', 'See the failed attempts.'],
        expr: onServer('pg_archiver_backlog_files'),
        legend: 'files',
        colour: 'orange',
        links: ['server'],
        empty: 'No archiver runs, or pg_monitor is missing'
      })
    )
  ]
})
