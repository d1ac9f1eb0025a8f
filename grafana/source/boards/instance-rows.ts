import { by, onServer, ratesBy, window } from '../house/expression.ts'
import type { Row } from '../house/layout.ts'
import { above, below } from '../house/steps.ts'
import { timeseries } from '../house/timeseries.ts'
import { thresholds } from '../thresholds.ts'

export const instanceSpace: Row = {
  title: 'Space',
  isClosed: true,
  panels: [
    timeseries({
      title: 'Size of the databases and of the WAL',
      about: [
        'what each database and the WAL directory take on disk, stacked.',
        'a full disk stops the server.',
        'slow growth; the WAL below a few times max_wal_size.',
        'the board "storage".'
      ],
      unit: 'bytes',
      size: [12, 8],
      isStacked: true,
      lines: [
        { expr: onServer('pg_database_size_bytes'), legend: '{{datname}}' },
        { expr: onServer('pg_wal_size_bytes'), legend: 'WAL', colour: 'orange' }
      ],
      links: ['serverStorage']
    }),
    timeseries({
      title: 'Free part of the disk',
      about: [
        'free space in proportion to all of it, as far as it is known.',
        'at 0 the server stops and may not start again.',
        `above ${thresholds.diskFreeRatio.warning}.`,
        'the board "storage" tells what grows.'
      ],
      unit: 'percentunit',
      size: [12, 8],
      max: 1,
      steps: below(thresholds.diskFreeRatio),
      lines: [{ expr: `${onServer('pg_disk_free_bytes')} / ${onServer('pg_disk_total_bytes')}`, legend: 'free ({{source}})' }],
      empty: 'The disk cannot be seen: set capacity_bytes of the server',
      links: ['serverStorage']
    })
  ]
}

const latency = (direction: 'read' | 'write') =>
  `${ratesBy([], onServer(`pg_stat_io_${direction}_seconds_total`))} / (${ratesBy([], onServer(`pg_stat_io_${direction}s_total`))} > 0)`

export const instanceIo: Row = {
  title: 'Reads, writes and cache',
  isClosed: true,
  panels: [
    timeseries({
      title: 'Bytes read and written',
      about: [
        'bytes that PostgreSQL asked the operating system to read and write; that may have had them in memory.',
        'it shows whether the disk is what statements wait for.',
        'reads fall when the cache is warm.',
        'the board "queries" has the statements that read.'
      ],
      unit: 'binBps',
      size: [12, 8],
      lines: [
        { expr: ratesBy([], onServer('pg_stat_io_read_bytes_total')), legend: 'read', colour: 'blue' },
        { expr: ratesBy([], onServer('pg_stat_io_write_bytes_total')), legend: 'written', colour: 'orange' }
      ],
      empty: 'Counted from PostgreSQL 16 on',
      links: ['server']
    }),
    timeseries({
      title: 'Time of one read and one write',
      about: [
        'mean time that a read or a write took.',
        'slow storage makes every statement slow.',
        'below a millisecond on local disks, a few on network ones.',
        'the limits of the disk or of the cloud volume.'
      ],
      unit: 's',
      size: [12, 8],
      lines: [
        { expr: latency('read'), legend: 'read', colour: 'blue' },
        { expr: latency('write'), legend: 'write', colour: 'orange' }
      ],
      empty: 'Needs track_io_timing = on and PostgreSQL 16',
      links: ['server']
    }),
    timeseries({
      title: 'Cache hits by database',
      about: [
        'blocks found in shared buffers in proportion to all that were asked for.',
        'a lower share means more reads, not necessarily from disk.',
        `above ${thresholds.cacheHit.ratio} where a database is busy.`,
        'the statements that read most.'
      ],
      unit: 'percentunit',
      size: [12, 8],
      max: 1,
      steps: below(thresholds.cacheHit.ratio),
      lines: [
        {
          expr: `${ratesBy(['datname'], onServer('pg_stat_database_blks_hit'))} / (${ratesBy(['datname'], onServer('pg_stat_database_blks_hit'))} + ${ratesBy(['datname'], onServer('pg_stat_database_blks_read'))} > 0)`,
          legend: '{{datname}}'
        }
      ],
      links: ['database', 'queries']
    }),
    timeseries({
      title: 'Bytes written by whom',
      about: [
        'bytes written by each kind of process.',
        'client backends that write have to wait for it: then the background writer and checkpoints do not keep up.',
        'checkpointer and background writer write most.',
        'the board "replication" has the checkpoints.'
      ],
      unit: 'binBps',
      size: [12, 8],
      isStacked: true,
      lines: [{ expr: ratesBy(['backend_type'], onServer('pg_stat_io_write_bytes_total', 'object!="wal"')), legend: '{{backend_type}}' }],
      empty: 'Counted from PostgreSQL 16 on',
      links: ['server']
    }),
    timeseries({
      title: 'Hits of the small caches',
      about: [
        'blocks found in each of the small caches for transaction status and the like, in proportion to all looked up.',
        'misses of subtransactions or multixacts stop whole servers under load.',
        'near 1.',
        'long transactions with many savepoints; the settings *_buffers from PostgreSQL 17 on.'
      ],
      unit: 'percentunit',
      size: [24, 6],
      max: 1,
      lines: [
        {
          expr: `${ratesBy(['name'], onServer('pg_stat_slru_blks_hit_total'))} / (${ratesBy(['name'], onServer('pg_stat_slru_blks_hit_total'))} + ${ratesBy(['name'], onServer('pg_stat_slru_blks_read_total'))} > 0)`,
          legend: '{{name}}'
        }
      ],
      links: ['serverActivity']
    })
  ]
}

const increases = (selector: string) => `sum ${by('datname')} (increase(${selector}${window}))`

export const instanceErrors: Row = {
  title: 'Errors',
  isClosed: true,
  panels: [
    timeseries({
      title: 'Deadlocks',
      about: [
        'deadlocks found, by database.',
        'each ends one of the transactions with an error.',
        'none, or single ones.',
        'the board "activity"; the log names the statements.'
      ],
      unit: 'short',
      size: [8, 8],
      lines: [{ expr: increases(onServer('pg_stat_database_deadlocks')), legend: '{{datname}}' }],
      links: ['activity']
    }),
    timeseries({
      title: 'Sessions that ended badly',
      about: [
        'sessions ended by a lost connection, a fatal error or an operator, in a second.',
        'clients see these as broken connections.',
        'none, but during a deploy.',
        'the log of the server.'
      ],
      unit: 'ops',
      size: [8, 8],
      lines: [
        { expr: ratesBy([], onServer('pg_stat_database_sessions_abandoned_total')), legend: 'connection lost', colour: 'orange' },
        { expr: ratesBy([], onServer('pg_stat_database_sessions_fatal_total')), legend: 'fatal error', colour: 'red' },
        { expr: ratesBy([], onServer('pg_stat_database_sessions_killed_total')), legend: 'ended by an operator', colour: 'purple' }
      ],
      empty: 'Counted from PostgreSQL 14 on',
      links: ['serverConnections']
    }),
    timeseries({
      title: 'Wrong checksums',
      about: ['pages whose checksum was found wrong, in an hour.', 'data is corrupted.', '0.', 'stop and restore; do not go on writing.'],
      unit: 'short',
      size: [8, 8],
      steps: above({ critical: 1 }),
      lines: [
        { expr: `increase(${onServer('pg_stat_database_checksum_failures_total')}[1h])`, legend: '{{datname}}' },
        { expr: `increase(${onServer('pg_stat_database_shared_checksum_failures_total')}[1h])`, legend: 'shared catalogs' }
      ],
      empty: 'Data checksums are off',
      links: ['server']
    })
  ]
}
