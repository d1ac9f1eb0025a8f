// The view of the team that owns a database. Rows: key figures and traffic, statements, tables, size and time.

import { board, row, top } from '../panels/board.ts'
import { above, anyWarns } from '../panels/colours.ts'
import { among, increasesBy, inDatabase, maxBy, ofTable, ratesBy, ratio, type SeriesName, sumBy } from '../panels/promql.ts'
import { barGauge, stat } from '../panels/stat.ts'
import { table, tableLabels } from '../panels/table.ts'
import { timeseries } from '../panels/timeseries.ts'
import { databaseOfTeam, server, team } from '../panels/variables.ts'
import { thresholds } from '../thresholds.ts'
import {
  blockedSessions,
  connectionsBy,
  dataQuality,
  gain,
  longestStatements,
  needsStatements,
  oldestTransaction
} from './shared-panels.ts'

const rate = (metric: SeriesName, offset = '') => ratesBy(['datname'], inDatabase(metric), offset)
const meanStatement = (offset = '') =>
  ratio(rate('pg_stat_statements_seconds_total', offset), rate('pg_stat_statements_calls_total', offset))
const in5Minutes = (metric: SeriesName) => increasesBy(['datname'], inDatabase(metric), '[5m]')
const { amongLongest, timeWithText } = longestStatements('10')
const size = inDatabase('pg_database_size_bytes')

const tables = (metric: SeriesName) => sumBy(ofTable, inDatabase(metric))
const tableSize = `${tables('pg_stat_user_tables_table_size_bytes')} + ${tables('pg_stat_user_tables_index_size_bytes')}`
const amongLargest = (expression: string) => among(expression, ofTable, `topk(10, ${tableSize})`)
const vacuumDue = maxBy(ofTable, inDatabase('pg_table_vacuum_due_ratio'))
const amongDue = (metric: SeriesName) => among(maxBy(ofTable, inDatabase(metric)), ofTable, `topk(10, ${vacuumDue})`)
/** Without the column of the database, which is selected. */
const labels = tableLabels.slice(0, 2)

export const database = board('pgvitals-database', {
  question: 'The state of one database, for the team that owns it.',
  variables: [...server('one'), team, databaseOfTeam],
  rows: [
    top(
      stat('Owner', [3, 4], 'none', {
        about: [
          'The team that owns the database, from the configuration of pgvitals.',
          'Its alerts go to this team.',
          'A name.',
          'Set `team` in the configuration if none is shown.'
        ],
        expr: inDatabase('pg_database_info', 'team!=""'),
        legend: '{{team}}',
        showsName: true,
        empty: 'No team is configured'
      }),
      stat('Connections', [3, 4], 'short', {
        about: ['Client connections of the database.', 'All databases share the connections of the server.', 'The usual level.'],
        expr: inDatabase('datname:pg_connections:sum'),
        empty: '0',
        links: ['connections']
      }),
      stat('Mean statement time', [3, 4], 's', {
        about: [
          'Mean execution time of a statement over the last 15 minutes.',
          'It is the response time that users of the database see.',
          'The usual level; compare with last week below.'
        ],
        expr: inDatabase('datname:pg_statements_seconds:mean15m'),
        empty: needsStatements,
        links: ['queries']
      }),
      stat('Rolled back', [3, 4], 'percentunit', {
        about: [
          'Fraction of the transactions that are rolled back.',
          'Rollbacks are caused by errors, or by a framework that ends reads with a rollback.',
          `Below ${thresholds.rollback.ratio}.`,
          'Look for errors in the log of the application.'
        ],
        expr: inDatabase('datname:pg_xact_rollback:ratio_rate5m'),
        decimals: 1,
        steps: above(thresholds.rollback.ratio)
      }),
      stat('Oldest transaction', [3, 4], 's', {
        about: [
          'Age of the oldest open transaction.',
          'It holds locks, and vacuum cannot remove row versions that became dead after it began.',
          'Seconds.'
        ],
        expr: maxBy(['datname'], oldestTransaction),
        steps: above(thresholds.longTransactionSeconds),
        empty: 'None is open',
        links: ['activity']
      }),
      stat('Blocked sessions', [3, 4], 'short', {
        about: [
          'Sessions that wait for a lock of another session.',
          'Their statements do not continue until the lock is released.',
          '0.',
          'Open the Activity and locks dashboard for the root blockers.'
        ],
        expr: sumBy(['datname'], blockedSessions),
        steps: anyWarns,
        empty: '0',
        links: ['activity']
      }),
      ...dataQuality,
      timeseries('Transactions', [8, 8], 'ops', {
        about: [
          'Transactions per second, committed and rolled back.',
          'It is the traffic of the database.',
          'The usual daily pattern.',
          'If it changed unexpectedly, check the statements.'
        ],
        lines: [
          { expr: rate('pg_stat_database_xact_commit'), legend: 'committed', colour: 'green' },
          { expr: rate('pg_stat_database_xact_rollback'), legend: 'rolled back', colour: 'red' }
        ],
        links: ['queries']
      }),
      timeseries('Mean statement time and last week', [8, 8], 's', {
        about: [
          'Mean execution time of a statement, now and a week earlier.',
          'An increase without more traffic indicates a changed plan, a lock, or load of another team.',
          'Close to last week.',
          'Open the Statements dashboard: it separates more calls from slower calls.'
        ],
        lines: [
          { expr: meanStatement(), legend: 'now', colour: 'blue' },
          { expr: meanStatement(' offset 1w'), legend: 'a week earlier', dashed: true, colour: '#8e8e8e' }
        ],
        empty: needsStatements,
        links: ['queries']
      }),
      barGauge('Share of the server', [8, 8], 'percentunit', {
        about: [
          'The share of this database in what all databases use of each resource.',
          'A database that uses most of a resource can slow the others.',
          'As agreed between the teams.',
          'Open the Server dashboard for the other databases.'
        ],
        expr: inDatabase('datname:pg_share:ratio'),
        legend: '{{resource}}',
        max: 1,
        links: ['server']
      }),
      timeseries('Rows', [8, 8], 'ops', {
        about: [
          'Rows read and changed per second.',
          'Reads far above the rows that statements return point to a missing index.',
          'The usual daily pattern.',
          'See the tables below; the Table details dashboard shows sequential scans.'
        ],
        lines: [
          { expr: rate('pg_stat_database_tup_returned'), legend: 'read', colour: 'blue' },
          { expr: rate('pg_stat_database_tup_fetched'), legend: 'fetched by index', colour: 'green' },
          { expr: rate('pg_stat_database_tup_inserted'), legend: 'inserted', colour: 'purple' },
          { expr: rate('pg_stat_database_tup_updated'), legend: 'updated', colour: 'orange' },
          { expr: rate('pg_stat_database_tup_deleted'), legend: 'deleted', colour: 'red' }
        ],
        links: ['storage']
      }),
      timeseries('Connections by user and state', [8, 8], 'short', {
        about: ['Client connections by role and state.', 'Sessions idle in transaction hold their locks.', 'Some idle, few active.'],
        expr: connectionsBy('datname', 'usename', 'state'),
        legend: '{{usename}} {{state}}',
        isStacked: true,
        links: ['connections']
      }),
      timeseries('Deadlocks and temporary files', [8, 8], 'short', {
        about: [
          'Deadlocks and temporary files in five minutes.',
          'A deadlock is an error for a user; a temporary file is a sort or hash that exceeds work_mem.',
          'No deadlocks, few files.',
          'Open the Statements dashboard for those with temporary files.'
        ],
        lines: [
          { expr: in5Minutes('pg_stat_database_deadlocks'), legend: 'deadlocks', colour: 'red' },
          { expr: in5Minutes('pg_stat_database_temp_files'), legend: 'temporary files', colour: 'orange' }
        ],
        links: ['queries']
      })
    ),
    row(
      'Statements',
      table('Top 10 statements by execution time', [24, 9], {
        about: [
          'The statements of this database with the most execution time within the time range.',
          'Optimizing the first statement saves most time.',
          'The same statements every day.',
          'Click the statement. "other" is the sum of the statements that are not named.'
        ],
        labels: [
          { label: 'queryid', title: 'Statement', width: 190, links: ['query'] },
          { label: 'query', title: 'Text' },
          { label: 'datname', title: 'Database', width: 100, links: ['queries'] },
          { label: 'user', title: 'User', width: 100 }
        ],
        columns: [
          { title: 'Time', unit: 's', width: 90, expr: timeWithText },
          { title: 'Calls', unit: 'short', width: 90, expr: amongLongest(gain('pg_stat_statements_calls_total')) },
          {
            title: 'Mean',
            unit: 's',
            width: 90,
            expr: amongLongest(ratio(gain('pg_stat_statements_seconds_total'), gain('pg_stat_statements_calls_total')))
          },
          {
            title: 'Rows per call',
            unit: 'short',
            width: 110,
            expr: amongLongest(ratio(gain('pg_stat_statements_rows_total'), gain('pg_stat_statements_calls_total')))
          },
          { title: 'Read', unit: 'bytes', width: 90, expr: amongLongest(gain('pg_stat_statements_shared_read_bytes_total')) },
          { title: 'Temporary', unit: 'bytes', width: 100, expr: amongLongest(gain('pg_stat_statements_temp_written_bytes_total')) },
          { title: 'WAL', unit: 'bytes', width: 90, expr: amongLongest(gain('pg_stat_statements_wal_bytes_total')) }
        ],
        sortBy: 'Time',
        empty: needsStatements
      })
    ),
    row(
      'Tables',
      table('Largest tables', [12, 8], {
        about: [
          'The ten largest tables, with their indexes.',
          'They determine disk usage and the work of vacuum.',
          'The known large tables.',
          'Click the table.'
        ],
        labels,
        columns: [
          { title: 'Total', unit: 'bytes', expr: `topk(10, ${tableSize})` },
          { title: 'Indexes', unit: 'bytes', expr: amongLargest(tables('pg_stat_user_tables_index_size_bytes')) },
          { title: 'Rows', unit: 'short', expr: amongLargest(tables('pg_stat_user_tables_n_live_tup')) }
        ],
        sortBy: 'Total'
      }),
      table('Tables due for vacuum or analyze', [12, 8], {
        about: [
          'Dead, inserted or changed rows relative to the thresholds of autovacuum.',
          'Far above 1, the table bloats and its statistics become outdated.',
          `Up to 1, or above for a short time; a warning from ${thresholds.vacuumDue.ratio}.`,
          'Open the Vacuum dashboard for the cause.'
        ],
        labels,
        columns: [
          { title: 'Vacuum due', unit: 'short', decimals: 2, expr: `topk(10, ${vacuumDue})`, steps: above(thresholds.vacuumDue.ratio) },
          { title: 'Analyze due', unit: 'short', decimals: 2, expr: amongDue('pg_table_analyze_due_ratio') },
          { title: 'Dead rows', unit: 'short', expr: amongDue('pg_stat_user_tables_n_dead_tup') }
        ],
        sortBy: 'Vacuum due'
      })
    ),
    row(
      'Size and time',
      timeseries('Size and forecast', [12, 8], 'bytes', {
        about: [
          'The size of the database, and its size in 30 days at the growth of the last day; the dashed line is its quota.',
          'All databases share the disk.',
          'Slow growth, below the quota.'
        ],
        lines: [
          { expr: size, legend: 'size', colour: 'blue' },
          // A month cannot be predicted from less than half a day.
          {
            expr: `predict_linear(${size}[1d], 30 * 86400) and ${size} offset 12h`,
            legend: 'in 30 days',
            dashed: true,
            colour: '#8e8e8e'
          },
          { expr: inDatabase('pg_database_quota_bytes'), legend: 'quota', dashed: true }
        ],
        links: ['storage']
      }),
      timeseries('Session time', [12, 8], 'short', {
        about: [
          'Time per second, in seconds, that sessions execute statements, read and write data, and are idle in transaction.',
          'Much reading indicates too little memory or a missing index. Sessions idle in transaction hold their locks.',
          'Mostly executing.',
          'Check the statements that read, or the Activity and locks dashboard for idle transactions.'
        ],
        lines: [
          { expr: rate('pg_stat_database_active_time_seconds_total'), legend: 'executing', colour: 'green' },
          { expr: rate('pg_stat_database_blk_read_seconds_total'), legend: 'reading', colour: 'blue' },
          { expr: rate('pg_stat_database_blk_write_seconds_total'), legend: 'writing', colour: 'orange' },
          { expr: rate('pg_stat_database_idle_in_transaction_time_seconds_total'), legend: 'idle in transaction', colour: 'red' }
        ],
        links: ['queries', 'activity']
      })
    )
  ]
})
