import { board, row, top } from '../panels/board.ts'
import { above } from '../panels/colours.ts'
import { inDatabase, maxBy, ofTable, on, onServer, ratio, type SeriesName, sumBy } from '../panels/promql.ts'
import { barGauge, stat } from '../panels/stat.ts'
import { table } from '../panels/table.ts'
import { timeseries } from '../panels/timeseries.ts'
import { database, server } from '../panels/variables.ts'
import { thresholds } from '../thresholds.ts'
import { blockedSessions, blockedSteps, dataQuality, deadlocks, oldestTransaction } from './shared-panels.ts'

const waitSteps = above({ warning: thresholds.blocked.warningSeconds, critical: thresholds.blocked.criticalSeconds })
const transactionSteps = above(thresholds.longTransactionSeconds)
const ofBlocker = ['datname', 'usename', 'state']
const blocker = (metric: 'blocked_sessions' | 'longest_statement_seconds' | 'oldest_transaction_seconds') =>
  inDatabase(`pg_stat_activity_root_blockers_${metric}`)
const oldest = (metric: SeriesName) => maxBy(['datname', 'usename'], inDatabase(metric))
const progress = (done: SeriesName, total: SeriesName) =>
  `${maxBy(ofTable, inDatabase(done))} / ${on(...ofTable)} (${maxBy(ofTable, inDatabase(total))} > 0)`

export const activity = board('pgvitals-activity', {
  question: 'What is blocked right now, and which session blocks it?',
  variables: [...server('one'), database('many')],
  from: 'now-1h',
  rows: [
    top(
      stat('Blocked sessions', [4, 4], 'short', {
        about: [
          'Sessions that wait for a lock of another session.',
          'Their statements do not continue until the lock is released.',
          '0, or a few briefly.',
          'See the table of root blockers.'
        ],
        expr: sumBy([], blockedSessions),
        steps: blockedSteps,
        empty: '0'
      }),
      stat('Longest wait', [4, 4], 's', {
        about: [
          'Run time of the oldest statement that waits for a lock: an upper bound of every wait.',
          'Clients may time out before the lock is released.',
          'Seconds.',
          'See the table of root blockers.'
        ],
        expr: maxBy([], inDatabase('pg_stat_activity_blocked_longest_statement_seconds')),
        steps: waitSteps,
        empty: 'No session waits'
      }),
      stat('Oldest transaction', [4, 4], 's', {
        about: [
          'Age of the oldest open transaction.',
          'It holds locks, and vacuum cannot remove row versions that became dead after it began.',
          'Seconds or minutes.',
          'See the table of the oldest activity.'
        ],
        expr: maxBy([], oldestTransaction),
        steps: transactionSteps,
        empty: 'None is open'
      }),
      stat('Oldest prepared transaction', [6, 4], 's', {
        about: [
          'Age of the oldest prepared transaction that is neither committed nor rolled back.',
          'It survives restarts, holds locks and holds back vacuum until it ends.',
          'None.',
          'Run commit prepared or rollback prepared.'
        ],
        expr: maxBy([], inDatabase('pg_prepared_xacts_oldest_seconds')),
        steps: above({ critical: thresholds.preparedTransactionSeconds }),
        empty: 'None'
      }),
      ...dataQuality,
      table('Root blockers', [12, 8], {
        about: [
          'Sessions that block others and do not wait for a lock themselves.',
          'When such a session ends, all sessions that wait for it continue.',
          'Empty.',
          'Find out what the user is doing; pg_terminate_backend() is the last resort.'
        ],
        labels: [
          { label: 'datname', title: 'Database', links: ['database', 'connections'] },
          { label: 'usename', title: 'User' },
          { label: 'state', title: 'State' }
        ],
        columns: [
          { title: 'Blocked sessions', unit: 'short', expr: sumBy(ofBlocker, blocker('blocked_sessions')), steps: blockedSteps },
          { title: 'Longest wait', unit: 's', expr: maxBy(ofBlocker, blocker('longest_statement_seconds')), steps: waitSteps },
          { title: 'Own transaction', unit: 's', expr: maxBy(ofBlocker, blocker('oldest_transaction_seconds')), steps: transactionSteps }
        ],
        sortBy: 'Blocked sessions',
        empty: 'No session blocks another'
      }),
      table('Oldest activity by user', [12, 8], {
        about: [
          'The oldest statement, transaction and idle transaction of each database and user.',
          'Old ones hold locks and hold back vacuum.',
          'Seconds; hours for known batch jobs.',
          'Open the Vacuum dashboard for the dead rows that they retain.'
        ],
        labels: [
          { label: 'datname', title: 'Database', links: ['database', 'connections', 'vacuum'] },
          { label: 'usename', title: 'User' }
        ],
        columns: [
          {
            title: 'Statement',
            unit: 's',
            expr: oldest('pg_stat_activity_oldest_query_seconds'),
            steps: above(thresholds.longQuerySeconds)
          },
          { title: 'Transaction', unit: 's', expr: oldest('pg_stat_activity_oldest_transaction_seconds'), steps: transactionSteps },
          {
            title: 'Idle in transaction',
            unit: 's',
            expr: oldest('pg_stat_activity_oldest_idle_in_transaction_seconds'),
            steps: above(thresholds.idleInTransactionSeconds)
          }
        ],
        sortBy: 'Transaction',
        empty: 'No activity'
      }),
      timeseries('Blocked sessions by user', [12, 8], 'short', {
        about: [
          'Sessions that wait for a lock, by database and user.',
          'Their statements do not continue until the lock is released.',
          'None, or a few briefly.',
          'See the table of root blockers at that time.'
        ],
        expr: sumBy(['datname', 'usename'], inDatabase('pg_stat_activity_blocked_sessions', 'usename!=""')),
        legend: '{{datname}} {{usename}}',
        isStacked: true,
        links: ['database'],
        empty: 'No session waited'
      }),
      timeseries('Wait events', [12, 8], 'short', {
        about: [
          'Active backends by their wait event at each poll; CPU means that they do not wait.',
          'Lock events point to transactions, IO events to memory or disk, LWLock events to contention within PostgreSQL.',
          'Mostly CPU.',
          'Read "Wait Events" in the PostgreSQL documentation.'
        ],
        expr: sumBy(['wait_event_type', 'wait_event'], inDatabase('pg_stat_activity_wait_events')),
        legend: '{{wait_event_type}} {{wait_event}}',
        isStacked: true,
        colours: { 'CPU CPU': 'green' },
        links: ['server'],
        empty: 'No backend was active'
      })
    ),
    row(
      'Locks and statements',
      timeseries('Locks by mode', [8, 8], 'short', {
        about: [
          'Locks held, by mode.',
          'accessexclusivelock blocks every other access to the table, reads included.',
          'Mostly accesssharelock and rowexclusivelock.',
          'Look for schema migrations at that time.'
        ],
        expr: `${sumBy(['mode'], inDatabase('pg_locks_count'))} > 0`,
        legend: '{{mode}}',
        isStacked: true,
        colours: { accessexclusivelock: 'red', exclusivelock: 'orange', accesssharelock: 'green', rowexclusivelock: 'blue' },
        links: ['server']
      }),
      timeseries('Long-running statements', [8, 8], 'short', {
        about: [
          'Active sessions whose statement runs for longer than each limit.',
          'A plateau of the ten-second line indicates a slow statement, one of the hour line a forgotten session.',
          'Few above 10 s.',
          'See the table of the oldest activity.'
        ],
        expr: sumBy(['older_than'], inDatabase('pg_stat_activity_running', 'state="active"')),
        legend: 'longer than {{older_than}}',
        links: ['server'],
        empty: 'No long-running statement'
      }),
      deadlocks(inDatabase('pg_stat_database_deadlocks'), 'database')
    ),
    row(
      'Long-running operations',
      barGauge('Progress', [24, 7], 'percentunit', {
        about: [
          'Progress of each vacuum, analyze, index build, table rewrite and base backup.',
          'They take hours on large tables, and some hold locks.',
          'Empty, or growing.'
        ],
        lines: [
          {
            expr: progress('pg_stat_progress_vacuum_heap_blks_scanned', 'pg_stat_progress_vacuum_heap_blks'),
            legend: 'vacuum {{datname}} {{relname}}'
          },
          {
            expr: progress('pg_stat_progress_analyze_sample_blks_scanned', 'pg_stat_progress_analyze_sample_blks'),
            legend: 'analyze {{datname}} {{relname}}'
          },
          {
            expr: progress('pg_stat_progress_create_index_blocks_done', 'pg_stat_progress_create_index_blocks'),
            legend: 'create index {{datname}} {{relname}}'
          },
          {
            expr: progress('pg_stat_progress_cluster_heap_blks_scanned', 'pg_stat_progress_cluster_heap_blks'),
            legend: 'rewrite {{datname}} {{relname}}'
          },
          {
            expr: ratio(
              sumBy([], onServer('pg_stat_progress_basebackup_streamed_bytes')),
              sumBy([], onServer('pg_stat_progress_basebackup_size_bytes'))
            ),
            legend: 'base backup'
          }
        ],
        max: 1,
        empty: 'None is running',
        links: ['table']
      })
    )
  ]
})
