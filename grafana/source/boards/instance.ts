// One server. Rows: key figures and load, space, reads and writes, errors, configuration.

import { help } from '../catalogue.ts'
import { board, closedRow, top } from '../panels/board.ts'
import { above, anyWarns, below, stateColours, words } from '../panels/colours.ts'
import { maxBy, onServer, ratesBy, ratio, share, sumBy } from '../panels/promql.ts'
import { stat } from '../panels/stat.ts'
import { table } from '../panels/table.ts'
import { timeseries } from '../panels/timeseries.ts'
import { server } from '../panels/variables.ts'
import { thresholds } from '../thresholds.ts'
import { abnormalEnds, connectionsUsed, connectionsUsedSpec, dataQuality, deadlocks } from './shared-panels.ts'

const activeTime = onServer('pg_stat_database_active_time_seconds_total')
const io = (metric: `${'read' | 'write'}_bytes` | `${'read' | 'write'}_seconds` | 'reads' | 'writes') =>
  ratesBy([], onServer(`pg_stat_io_${metric}_total`))
const slru = (metric: 'hit' | 'read') => ratesBy(['name'], onServer(`pg_stat_slru_blks_${metric}_total`))

export const instance = board('pgvitals-instance', {
  question: 'The state of one server: which resource is the bottleneck?',
  variables: server('one'),
  rows: [
    top(
      stat('Role and version', [4, 4], 'none', {
        about: [
          'The role, primary or standby, and the version of PostgreSQL.',
          'Only a primary accepts writes.',
          'The expected role.',
          'Open the Replication and WAL dashboard after a failover.'
        ],
        expr: maxBy(['role', 'version'], onServer('pg_server_info')),
        legend: '{{role}} {{version}}',
        showsName: true,
        links: ['replication']
      }),
      stat('Uptime', [3, 4], 's', {
        about: [
          'Time since the server was started.',
          'A restart empties the cache and ends every session.',
          'Weeks.',
          'If it is short, read the server log.'
        ],
        expr: `time() - ${onServer('pg_postmaster_start_time_seconds')}`,
        steps: below({ warning: 900 })
      }),
      stat('Connections', [3, 4], 'percentunit', { ...connectionsUsedSpec, expr: connectionsUsed, links: ['serverConnections'] }),
      stat('Load', [3, 4], 'short', {
        about: [
          'Sessions that execute a statement, on average.',
          'If it exceeds the number of CPUs, statements wait for a CPU.',
          'Below the number of CPUs.',
          'See "Load by database".'
        ],
        expr: ratesBy([], activeTime),
        decimals: 2
      }),
      stat('Oldest transaction', [3, 4], 's', {
        about: [
          'Age of the oldest open transaction of a client.',
          'While it is open, vacuum cannot remove row versions that became dead after it began, in any database.',
          'Seconds or minutes.',
          'Open the Activity and locks dashboard for its user.'
        ],
        expr: maxBy([], onServer('pg_stat_activity_oldest_transaction_seconds')),
        steps: above(thresholds.longTransactionSeconds),
        empty: 'None is open',
        links: ['serverActivity']
      }),
      stat('Pending restart', [2, 4], 'short', {
        about: [
          help('pg_setting_pending_restarts'),
          'The server does not run with the configuration in its files.',
          '0, except between a change and the next maintenance window.',
          'See the row "Configuration" for their names.'
        ],
        expr: onServer('pg_setting_pending_restarts'),
        steps: anyWarns
      }),
      ...dataQuality,
      timeseries('Load by database', [12, 8], 'short', {
        about: [
          'Sessions that execute a statement, on average, stacked by database.',
          'It shows which database uses the server.',
          'The usual daily pattern, below the number of CPUs.',
          'Click the database whose area grew.'
        ],
        expr: ratesBy(['datname'], activeTime),
        legend: '{{datname}}',
        isStacked: true,
        links: ['database', 'queries'],
        empty: 'Counted since PostgreSQL 14'
      }),
      timeseries('Wait event types', [12, 8], 'short', {
        about: [
          'Active backends by the type of their wait event at each poll; CPU means that they do not wait.',
          'Lock points to transactions, IO to memory or disk, LWLock to contention within PostgreSQL.',
          'Mostly CPU, with some IO.',
          'Open the Activity and locks dashboard for the wait events.'
        ],
        expr: sumBy(['wait_event_type'], onServer('pg_stat_activity_wait_events')),
        legend: '{{wait_event_type}}',
        isStacked: true,
        colours: { CPU: 'green', Lock: 'red', IO: 'blue', LWLock: 'orange', Client: '#8e8e8e' },
        links: ['serverActivity']
      }),
      timeseries('Connections by state', [12, 8], 'short', {
        about: [
          'Client connections by state; the dashed line is the number that clients can open.',
          'Idle sessions use memory; sessions idle in transaction hold locks and hold back vacuum.',
          'A few active, some idle, almost none idle in transaction.'
        ],
        lines: [
          { expr: sumBy(['state'], onServer('pg_stat_activity_connections')), legend: '{{state}}' },
          { expr: onServer('pg_connections_usable'), legend: 'usable', dashed: true }
        ],
        isStacked: true,
        colours: stateColours,
        links: ['serverConnections']
      }),
      timeseries('Transactions', [12, 8], 'ops', {
        about: [
          'Transactions per second, committed and rolled back.',
          'The work of a transaction that is rolled back is lost.',
          'Few rollbacks, unless a framework ends every read with one.',
          'Find the database with the most rollbacks on the Home dashboard.'
        ],
        lines: [
          { expr: ratesBy([], onServer('pg_stat_database_xact_commit')), legend: 'committed', colour: 'green' },
          { expr: ratesBy([], onServer('pg_stat_database_xact_rollback')), legend: 'rolled back', colour: 'red' }
        ],
        links: ['server']
      })
    ),
    closedRow(
      'Space',
      timeseries('Size of databases and WAL', [12, 8], 'bytes', {
        about: [
          'Disk space of each database and of the WAL directory, stacked.',
          'A full disk stops the server.',
          'Slow growth; WAL below a few times max_wal_size.'
        ],
        lines: [
          { expr: onServer('pg_database_size_bytes'), legend: '{{datname}}' },
          { expr: onServer('pg_wal_size_bytes'), legend: 'WAL', colour: 'orange' }
        ],
        isStacked: true,
        links: ['serverStorage']
      }),
      timeseries('Free disk space', [12, 8], 'percentunit', {
        about: [
          'Free space relative to the size of the disk, where both are known.',
          'At 0 the server stops and may not be able to start.',
          `Above ${thresholds.diskFreeRatio.warning}.`,
          'Open the Storage dashboard for what grows.'
        ],
        expr: `${onServer('pg_disk_free_bytes')} / ${onServer('pg_disk_total_bytes')}`,
        legend: 'free ({{source}})',
        max: 1,
        steps: below(thresholds.diskFreeRatio),
        empty: 'Unknown: set capacity_bytes of the server',
        links: ['serverStorage']
      })
    ),
    closedRow(
      'Reads, writes and cache',
      timeseries('Bytes read and written', [12, 8], 'binBps', {
        about: [
          'Bytes per second that PostgreSQL reads from and writes to the operating system, whose cache may serve reads.',
          'It shows whether statements depend on the disk.',
          'Few reads once the cache is warm.',
          'Open the Statements dashboard for the statements that read.'
        ],
        lines: [
          { expr: io('read_bytes'), legend: 'read', colour: 'blue' },
          { expr: io('write_bytes'), legend: 'written', colour: 'orange' }
        ],
        empty: 'Counted since PostgreSQL 16',
        links: ['server']
      }),
      timeseries('Read and write latency', [12, 8], 's', {
        about: [
          'Mean time of a read and of a write.',
          'Slow storage slows every statement.',
          'Below a millisecond on local disks, a few milliseconds on network storage.',
          'Check the limits of the disk or cloud volume.'
        ],
        lines: [
          { expr: ratio(io('read_seconds'), io('reads')), legend: 'read', colour: 'blue' },
          { expr: ratio(io('write_seconds'), io('writes')), legend: 'write', colour: 'orange' }
        ],
        empty: 'Needs track_io_timing = on and PostgreSQL 16',
        links: ['server']
      }),
      timeseries('Cache hits by database', [12, 8], 'percentunit', {
        about: [
          'Blocks found in shared buffers relative to all blocks accessed, over 15 minutes.',
          'A lower ratio means more reads, though not necessarily from disk.',
          `Above ${thresholds.cacheHit.ratio} for busy databases.`,
          'Open the Statements dashboard for the statements that read most.'
        ],
        expr: onServer('datname:pg_cache_hit:ratio_rate15m'),
        legend: '{{datname}}',
        max: 1,
        steps: below(thresholds.cacheHit.ratio),
        links: ['database', 'queries']
      }),
      timeseries('Bytes written by backend type', [12, 8], 'binBps', {
        about: [
          'Bytes per second written by each type of backend.',
          'If client backends write, the background writer and checkpoints do not keep up, and statements wait.',
          'The checkpointer and the background writer write most.',
          'Open the Replication and WAL dashboard for the checkpoints.'
        ],
        expr: ratesBy(['backend_type'], onServer('pg_stat_io_write_bytes_total', 'object!="wal"')),
        legend: '{{backend_type}}',
        isStacked: true,
        empty: 'Counted since PostgreSQL 16',
        links: ['server']
      }),
      timeseries('SLRU cache hits', [24, 6], 'percentunit', {
        about: [
          'Blocks found in each SLRU cache (transaction status, subtransactions, multixacts, …) relative to all blocks accessed.',
          'Misses of subtransactions or multixacts can stall a busy server.',
          'Close to 1.',
          'Look for long transactions with many savepoints; PostgreSQL 17 has parameters for the sizes (*_buffers).'
        ],
        expr: share(slru('hit'), slru('read')),
        legend: '{{name}}',
        max: 1,
        links: ['serverActivity']
      })
    ),
    closedRow(
      'Errors',
      deadlocks(onServer('pg_stat_database_deadlocks'), 'activity'),
      abnormalEnds([], onServer),
      timeseries('Checksum failures', [8, 8], 'short', {
        about: [
          'Pages with an invalid checksum, per hour.',
          'Data is corrupted.',
          '0.',
          'Stop the server and restore; do not continue to write.'
        ],
        lines: [
          { expr: `increase(${onServer('pg_stat_database_checksum_failures_total')}[1h])`, legend: '{{datname}}' },
          { expr: `increase(${onServer('pg_stat_database_shared_checksum_failures_total')}[1h])`, legend: 'shared catalogs' }
        ],
        steps: above({ critical: 1 }),
        empty: 'Data checksums are off',
        links: ['server']
      })
    ),
    closedRow(
      'Configuration',
      stat('Memory', [12, 5], 'bytes', {
        about: [
          'The memory parameters.',
          'work_mem applies to every sort and hash of every session.',
          'shared_buffers about a quarter of the memory.',
          'See the row "Reads, writes and cache".'
        ],
        lines: [
          { expr: onServer('pg_settings_shared_buffers_bytes'), legend: 'shared_buffers' },
          { expr: onServer('pg_settings_effective_cache_size_bytes'), legend: 'effective_cache_size' },
          { expr: onServer('pg_settings_work_mem_bytes'), legend: 'work_mem' },
          { expr: onServer('pg_settings_maintenance_work_mem_bytes'), legend: 'maintenance_work_mem' }
        ]
      }),
      stat('Configuration changes', [12, 5], 'short', {
        about: [
          'Changes of server-wide parameters within the time range.',
          'A configuration change can explain a change of performance.',
          '0.',
          'Compare the times of the annotations.'
        ],
        expr: `changes(${onServer('pg_setting_hash')}[$__range])`,
        steps: anyWarns
      }),
      table('Dangerous parameters', [12, 8], {
        about: [
          'Parameters that can lose or corrupt data or stop maintenance, and whether they have such a value.',
          'With fsync = off, a crash of the host can corrupt the databases.',
          'All safe.',
          'Read the runbook of PostgresDangerousSetting.'
        ],
        labels: [{ label: 'name', title: 'Parameter' }],
        columns: [
          {
            title: 'State',
            unit: 'none',
            expr: onServer('pg_setting_dangerous'),
            mappings: words({ 0: ['safe', 'green'], 1: ['dangerous', 'red'] })
          }
        ],
        sortBy: 'State'
      }),
      table('Parameters pending restart', [12, 8], {
        about: [
          'Parameters whose new value needs a restart.',
          'The server does not run with the configuration in its files.',
          'Empty.',
          'Plan a restart.'
        ],
        labels: [{ label: 'name', title: 'Parameter' }],
        columns: [
          { title: 'State', unit: 'none', expr: onServer('pg_setting_pending_restart'), mappings: words({ 1: ['pending', 'orange'] }) }
        ],
        sortBy: 'Parameter',
        empty: 'None'
      })
    )
  ]
})
