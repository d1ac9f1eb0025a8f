// The statements of pg_stat_statements. Rows: key figures and the table of statements, the largest by cost, changes.

import { board, closedRow, top } from '../panels/board.ts'
import { above, anyWarns } from '../panels/colours.ts'
import { heatmap } from '../panels/heatmap.ts'
import type { Unit } from '../panels/panel.ts'
import {
  among,
  increasesBy,
  inDatabase,
  largestRates,
  ofStatement,
  on,
  onServer,
  ratesBy,
  ratio,
  type SeriesName,
  share
} from '../panels/promql.ts'
import { stat } from '../panels/stat.ts'
import { table } from '../panels/table.ts'
import { timeseries } from '../panels/timeseries.ts'
import { database, server, topn } from '../panels/variables.ts'
import { dataQuality, gain, longestStatements, needsStatements } from './shared-panels.ts'

const seconds = inDatabase('pg_stat_statements_seconds_total')
const time = gain('pg_stat_statements_seconds_total')
const calls = gain('pg_stat_statements_calls_total')
const weekEarlier = (metric: SeriesName) => increasesBy(ofStatement, inDatabase(metric), '[$__range] offset 1w')
const timeEarlier = weekEarlier('pg_stat_statements_seconds_total')
const callsEarlier = weekEarlier('pg_stat_statements_calls_total')
const { amongLongest, timeWithText } = longestStatements('$topn')

/** The largest statements by one kind of cost. */
const largest = (title: string, metric: SeriesName, unit: Unit, shows: string, matters: string, normal: string) =>
  timeseries(title, [12, 8], unit, {
    about: [shows, matters, normal],
    expr: largestRates(inDatabase(metric), ofStatement),
    legend: '{{datname}} {{user}} {{queryid}}',
    isStacked: true,
    links: ['query'],
    empty: needsStatements
  })

/** `other` is not compared: the statements that it adds up change. */
const named = (metric: SeriesName, window: string) => increasesBy(ofStatement, inDatabase(metric, 'queryid!="other"'), window)
const mean = (window: string) => ratio(named('pg_stat_statements_seconds_total', window), named('pg_stat_statements_calls_total', window))
const [meanNow, meanDayEarlier] = [mean('[30m]'), mean('[30m] offset 1d')]
const slowdown = `(${meanNow}) / (${meanDayEarlier} > 0) > 2`

export const queries = board('pgvitals-queries', {
  question: 'Which statements cost most, and which became slower?',
  variables: [...server('one'), database('many'), topn],
  rows: [
    top(
      stat('Entries used', [4, 4], 'percentunit', {
        about: [
          'Entries of pg_stat_statements relative to pg_stat_statements.max.',
          'When it is full, PostgreSQL evicts the least executed statements.',
          'Below 1, or full with few evictions.',
          'Raise pg_stat_statements.max; statements with literal lists of varying length fill it.'
        ],
        expr: ratio(onServer('pg_stat_statements_entries'), onServer('pg_stat_statements_max_entries')),
        max: 1,
        empty: needsStatements
      }),
      stat('Evictions', [4, 4], 'short', {
        about: [
          'How often PostgreSQL evicted entries within the time range.',
          'Executions between the last poll and the eviction are not counted.',
          '0.',
          'Raise pg_stat_statements.max.'
        ],
        expr: `increase(${onServer('pg_stat_statements_dealloc_total')}[$__range])`,
        steps: anyWarns,
        empty: 'Counted since pg_stat_statements 1.9'
      }),
      stat('Explained load', [5, 4], 'percentunit', {
        about: [
          'Execution time of statements relative to the time that sessions were active.',
          'The rest is planning, evicted entries, and statements that have not ended yet.',
          'Above 0.8.',
          'See the evictions; open the Activity and locks dashboard for long statements.'
        ],
        expr: `${increasesBy([], seconds)} / ${on()} (${increasesBy([], inDatabase('pg_stat_database_active_time_seconds_total'))} > 0)`,
        empty: needsStatements
      }),
      stat('Last reset', [5, 4], 'dateTimeFromNow', {
        about: [
          'Time of the last reset of pg_stat_statements.',
          'Executions between the last poll and the reset are not counted.',
          'Long ago.',
          'Find out who calls pg_stat_statements_reset().'
        ],
        expr: `${onServer('pg_stat_statements_stats_reset_timestamp_seconds')} * 1000`,
        empty: 'Known since pg_stat_statements 1.9'
      }),
      ...dataQuality,
      table('Statements by execution time', [24, 11], {
        about: [
          'The statements with the most execution time within the time range. "More calls" and "Slower calls" split the change since a week earlier, in seconds.',
          'Optimizing the first statement saves most time.',
          'The same statements every day, as fast as a week earlier.',
          'Click the statement. "other" is the sum of the statements of a user and database that are not named.'
        ],
        labels: [
          { label: 'queryid', title: 'Statement', width: 170, links: ['query'] },
          { label: 'query', title: 'Text' },
          { label: 'datname', title: 'Database', width: 90, links: ['database'] },
          { label: 'user', title: 'User', width: 90 }
        ],
        columns: [
          { title: 'Time', unit: 's', width: 75, expr: timeWithText },
          {
            title: 'Share',
            unit: 'percentunit',
            width: 70,
            decimals: 0,
            expr: amongLongest(`${time} / ${on()} group_left () (${increasesBy([], seconds)} > 0)`)
          },
          { title: 'Calls', unit: 'short', width: 75, expr: amongLongest(calls) },
          { title: 'Mean', unit: 's', width: 80, expr: amongLongest(ratio(time, calls)) },
          { title: 'Mean a week earlier', unit: 's', width: 80, expr: amongLongest(ratio(timeEarlier, callsEarlier)) },
          {
            title: 'More calls',
            unit: 's',
            width: 80,
            expr: amongLongest(`(${calls} - ${callsEarlier}) * ${ratio(timeEarlier, callsEarlier)}`)
          },
          {
            title: 'Slower calls',
            unit: 's',
            width: 80,
            expr: amongLongest(`(${ratio(time, calls)} - ${ratio(timeEarlier, callsEarlier)}) * ${calls}`)
          },
          { title: 'Rows per call', unit: 'short', width: 80, expr: amongLongest(ratio(gain('pg_stat_statements_rows_total'), calls)) },
          {
            title: 'Cache hits',
            unit: 'percentunit',
            width: 80,
            decimals: 0,
            expr: amongLongest(share(gain('pg_stat_statements_shared_hit_bytes_total'), gain('pg_stat_statements_shared_read_bytes_total')))
          },
          { title: 'Temporary', unit: 'bytes', width: 85, expr: amongLongest(gain('pg_stat_statements_temp_written_bytes_total')) },
          { title: 'WAL', unit: 'bytes', width: 80, expr: amongLongest(gain('pg_stat_statements_wal_bytes_total')) },
          { title: 'Planning', unit: 's', width: 80, expr: amongLongest(gain('pg_stat_statements_plan_seconds_total')) }
        ],
        sortBy: 'Time',
        empty: needsStatements
      }),
      timeseries('Time by database', [12, 8], 'short', {
        about: [
          'Execution time per second, in seconds, by database.',
          'This is the number of CPUs or disks that statements use.',
          'The usual daily pattern.'
        ],
        expr: ratesBy(['datname'], seconds),
        legend: '{{datname}}',
        isStacked: true,
        links: ['database'],
        empty: needsStatements
      }),
      heatmap('Distribution of statement times', [12, 8], 's', {
        about: [
          'Calls by the mean time of their statement between two polls: dark cells have most calls.',
          'It shows groups of slow statements that a mean does not show.',
          'Dark cells at the bottom, light cells above.',
          'Sort the table above by mean.'
        ],
        expr: `sum by (job, instance, server, le) (increase(${inDatabase('pg_stat_statements_interval_mean_seconds_bucket')}[$__rate_interval]))`,
        empty: needsStatements
      })
    ),
    closedRow(
      'Largest statements by cost',
      largest(
        'Time',
        'pg_stat_statements_seconds_total',
        'short',
        'Execution time per second, in seconds.',
        'These statements cause the load.',
        'The same statements every day.'
      ),
      largest(
        'Calls',
        'pg_stat_statements_calls_total',
        'reqps',
        'Calls per second.',
        'Thousands of fast calls often indicate a loop in an application.',
        'The usual daily pattern.'
      ),
      largest(
        'Read time',
        'pg_stat_statements_block_read_seconds_total',
        'short',
        'Seconds per second spent reading blocks. Needs track_io_timing.',
        'These statements wait for the disk.',
        'Little.'
      ),
      largest(
        'Bytes read',
        'pg_stat_statements_shared_read_bytes_total',
        'binBps',
        'Bytes per second read into shared buffers.',
        'These statements evict other data from the cache.',
        'Little.'
      ),
      largest(
        'Temporary files',
        'pg_stat_statements_temp_written_bytes_total',
        'binBps',
        'Bytes per second written to temporary files.',
        'Sorts and joins exceed work_mem.',
        'None, or little.'
      ),
      largest(
        'WAL',
        'pg_stat_statements_wal_bytes_total',
        'binBps',
        'Bytes of WAL per second.',
        'Standbys and the archive receive all of it.',
        'The usual daily pattern.'
      )
    ),
    closedRow(
      'Changes',
      table('Slower than a day earlier', [12, 9], {
        about: [
          'Statements with more than twice the mean time of a day earlier, and at least 10 seconds of execution, in the last half hour.',
          'The plan changed, the table grew, or the statement waits for locks.',
          'Empty.',
          'Click the statement.'
        ],
        labels: [
          { label: 'queryid', title: 'Statement', links: ['query'] },
          { label: 'datname', title: 'Database', links: ['database'] },
          { label: 'user', title: 'User' }
        ],
        columns: [
          {
            title: 'Factor',
            unit: 'short',
            decimals: 1,
            expr: among(slowdown, ofStatement, `${named('pg_stat_statements_seconds_total', '[30m]')} > 10`),
            steps: above({ warning: 2 })
          },
          { title: 'Mean now', unit: 's', expr: among(meanNow, ofStatement, `(${slowdown})`) },
          { title: 'Mean a day earlier', unit: 's', expr: among(meanDayEarlier, ofStatement, `(${slowdown})`) }
        ],
        sortBy: 'Factor',
        empty: 'No statement became slower'
      }),
      timeseries('New statements', [12, 9], 'short', {
        about: [
          'Statements seen for the first time in five minutes, by database.',
          'Many new statements indicate a deployment.',
          'None, or few.',
          'Look for slower statements at the same time.'
        ],
        expr: increasesBy(['datname'], inDatabase('pg_stat_statements_new_total'), '[5m]'),
        legend: '{{datname}}',
        links: ['database'],
        empty: needsStatements
      })
    )
  ]
})
