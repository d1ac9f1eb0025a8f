import { onServer, ratesBy, window } from '../house/expression.ts'
import type { Row } from '../house/layout.ts'
import { timeseries } from '../house/timeseries.ts'
import { thresholds } from '../thresholds.ts'

const { checkpoints } = thresholds

export const walRow: Row = {
  title: 'WAL and checkpoints',
  panels: [
    timeseries({
      title: 'WAL made',
      about: [
        'bytes of WAL written on a primary, received and replayed on a standby, in a second.',
        'all of it goes to the standbys and the archive.',
        'its own shape of the day.',
        'the statements that make WAL.'
      ],
      unit: 'binBps',
      size: [8, 8],
      lines: [
        { expr: ratesBy([], onServer('pg_wal_position_written_bytes_total')), legend: 'written', colour: 'blue' },
        { expr: ratesBy([], onServer('pg_wal_position_received_bytes_total')), legend: 'received', colour: 'green' },
        { expr: ratesBy([], onServer('pg_wal_position_replayed_bytes_total')), legend: 'replayed', colour: 'purple' }
      ],
      links: ['server']
    }),
    timeseries({
      title: 'WAL directory',
      about: [
        'the size of the WAL directory; the dashed line is max_wal_size.',
        'far above, something holds WAL back.',
        'up to the line.',
        'slots and archive.'
      ],
      unit: 'bytes',
      size: [8, 8],
      lines: [
        { expr: onServer('pg_wal_size_bytes'), legend: 'size', colour: 'blue' },
        { expr: onServer('pg_settings_max_wal_size_bytes'), legend: 'max_wal_size', dashed: true }
      ],
      links: ['serverStorage'],
      empty: 'Needs pg_monitor'
    }),
    timeseries({
      title: 'WAL that a crash would replay',
      about: [
        'bytes of WAL since the last checkpoint.',
        'it is how long a start after a crash takes.',
        'a saw up to max_wal_size.',
        'max_wal_size, checkpoint_timeout.'
      ],
      unit: 'bytes',
      size: [8, 8],
      lines: [{ expr: onServer('pg_control_checkpoint_wal_since_redo_bytes'), legend: 'bytes', colour: 'blue' }],
      links: ['server']
    }),
    timeseries({
      title: 'Checkpoints',
      about: [
        'checkpoints in an hour: by time, and asked for because of the WAL or by command.',
        'those asked for come too early and write too much.',
        `mostly by time; a warning when more than ${checkpoints.requestedRatio} are asked for.`,
        'a larger max_wal_size.'
      ],
      unit: 'short',
      size: [8, 8],
      lines: [
        { expr: `3600 * rate(${onServer('pg_stat_checkpointer_num_timed_total')}[30m])`, legend: 'by time', colour: 'green' },
        { expr: `3600 * rate(${onServer('pg_stat_checkpointer_num_requested_total')}[30m])`, legend: 'asked for', colour: 'orange' }
      ],
      links: ['server']
    }),
    timeseries({
      title: 'Time of checkpoints',
      about: [
        'seconds in each second that checkpoints wrote and synced.',
        'syncs stall everybody.',
        'writes spread out, short syncs.',
        'checkpoint_completion_target; the disk.'
      ],
      unit: 'short',
      size: [8, 8],
      lines: [
        { expr: ratesBy([], onServer('pg_stat_checkpointer_write_seconds_total')), legend: 'writing', colour: 'blue' },
        { expr: ratesBy([], onServer('pg_stat_checkpointer_sync_seconds_total')), legend: 'syncing', colour: 'red' }
      ],
      links: ['server']
    }),
    timeseries({
      title: 'Full pages in the WAL',
      about: [
        'full-page images in proportion to all WAL records.',
        'after each checkpoint every page goes whole into the WAL.',
        'below a half.',
        'fewer checkpoints: a larger max_wal_size.'
      ],
      unit: 'percentunit',
      size: [8, 8],
      max: 1,
      lines: [
        {
          expr: `rate(${onServer('pg_stat_wal_fpi_total')}${window}) / (rate(${onServer('pg_stat_wal_records_total')}${window}) > 0)`,
          legend: 'full pages',
          colour: 'blue'
        }
      ],
      links: ['server'],
      empty: 'Counted from PostgreSQL 14 on'
    })
  ]
}

export const archiveRow: Row = {
  title: 'Archive',
  isClosed: true,
  panels: [
    timeseries({
      title: 'Files archived',
      about: [
        'WAL files archived, and attempts that failed, in five minutes.',
        'WAL that is not archived is not in a backup, and stays on disk.',
        'no failures.',
        'the log of the server; archive_command.'
      ],
      unit: 'short',
      size: [12, 8],
      lines: [
        { expr: `increase(${onServer('pg_stat_archiver_archived_total')}[5m])`, legend: 'archived', colour: 'green' },
        { expr: `increase(${onServer('pg_stat_archiver_failed_total')}[5m])`, legend: 'failed', colour: 'red' }
      ],
      links: ['server'],
      empty: 'archive_mode is off'
    }),
    timeseries({
      title: 'Files that wait',
      about: ['WAL files that wait to be archived.', 'they are what a lost disk would cost.', '0 or 1.', 'the failures on the left.'],
      unit: 'short',
      size: [12, 8],
      lines: [{ expr: onServer('pg_archiver_backlog_files'), legend: 'files', colour: 'orange' }],
      links: ['server'],
      empty: 'archive_mode is off, or needs pg_monitor'
    })
  ]
}
