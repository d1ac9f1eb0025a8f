import { board, top } from '../panels/board.ts'
import { increasesBy, ofStatement, onServer, ratesBy, ratio, type SeriesName } from '../panels/promql.ts'
import { stat } from '../panels/stat.ts'
import { table } from '../panels/table.ts'
import { timeseries } from '../panels/timeseries.ts'
import { database, label, server } from '../panels/variables.ts'
import { dataQuality } from './shared-panels.ts'

const selected = (metric: SeriesName) => onServer(metric, 'datname=~"$datname"', 'queryid=~"$queryid"')
const rate = (metric: SeriesName, offset = '') => ratesBy(['datname', 'queryid'], selected(metric), offset)
const calls = (offset = '') => rate('pg_stat_statements_calls_total', offset)
const mean = (offset = '') => ratio(rate('pg_stat_statements_seconds_total', offset), calls(offset))
const perCall = (metric: SeriesName) => ratio(rate(metric), calls())
const total = (metric: SeriesName) => increasesBy(['datname', 'queryid'], selected(metric))
const perUser = (metric: SeriesName) => increasesBy(ofStatement, selected(metric))
const empty = 'This statement did not run, or has no series'

export const query = board('pgvitals-query', {
  question: 'What does this statement cost, and since when?',
  variables: [...server('one'), database('one'), label('queryid', 'Statement', 'pg_stat_statements_calls_total')],
  rows: [
    top(
      table('Text', [18, 4], {
        about: [
          'The statement as pg_stat_statements stores it, with $1 in place of constants.',
          'Since PostgreSQL 16, it can be used after "explain (generic_plan)".',
          'One row; none for "other", the sum of the statements that are not named.',
          'Run explain (analyze, buffers) with real values on a copy of the database.'
        ],
        labels: [{ label: 'query', title: 'Text' }],
        columns: [{ title: 'Known', unit: 'none', expr: onServer('pg_stat_statements_query_id', 'queryid=~"$queryid"') }],
        sortBy: 'Text',
        hidesFirst: true,
        empty: 'The text is not exported, or not visible to the role'
      }),
      ...dataQuality,
      stat('Cost in the time range', [8, 5], 's', {
        about: [
          'Execution and planning time of the statement within the time range.',
          'It shows whether an optimization pays off.',
          'The usual level.',
          'See the panels below.'
        ],
        lines: [
          { expr: total('pg_stat_statements_seconds_total'), legend: 'execution' },
          { expr: total('pg_stat_statements_plan_seconds_total'), legend: 'planning' }
        ],
        empty
      }),
      table('Users', [16, 5], {
        about: [
          'Calls, time, mean time and rows by role, within the time range.',
          'It shows which application runs it.',
          'The expected application.',
          'Open the Connections dashboard.'
        ],
        labels: [
          { label: 'user', title: 'User' },
          { label: 'datname', title: 'Database', links: ['database'] }
        ],
        columns: [
          { title: 'Calls', unit: 'short', expr: perUser('pg_stat_statements_calls_total') },
          { title: 'Time', unit: 's', expr: perUser('pg_stat_statements_seconds_total') },
          {
            title: 'Mean',
            unit: 's',
            expr: ratio(perUser('pg_stat_statements_seconds_total'), perUser('pg_stat_statements_calls_total'))
          },
          { title: 'Rows', unit: 'short', expr: perUser('pg_stat_statements_rows_total') }
        ],
        sortBy: 'Time',
        empty
      }),
      timeseries('Mean time', [12, 8], 's', {
        about: [
          'Mean time of a call: now, a day and a week earlier.',
          'A step indicates a changed plan, a steady increase a growing table.',
          'Close to the dashed lines.',
          'Analyze the tables; look at the plan.'
        ],
        lines: [
          { expr: mean(), legend: 'now', colour: 'blue' },
          { expr: mean(' offset 1d'), legend: 'a day earlier', dashed: true, colour: '#8e8e8e' },
          { expr: mean(' offset 1w'), legend: 'a week earlier', dashed: true, colour: 'purple' }
        ],
        links: ['queries'],
        empty
      }),
      timeseries('Calls', [12, 8], 'reqps', {
        about: [
          'Calls per second, now and a week earlier.',
          'More calls cause more load, even if each is as fast as before.',
          'Close to the dashed line.',
          'Check the application that calls it.'
        ],
        lines: [
          { expr: calls(), legend: 'now', colour: 'blue' },
          { expr: calls(' offset 1w'), legend: 'a week earlier', dashed: true, colour: '#8e8e8e' }
        ],
        links: ['queries'],
        empty
      }),
      timeseries('Time per call', [12, 8], 's', {
        about: [
          'Time of one call: planning, reading, writing, and the rest, mostly CPU and lock waits.',
          'It shows whether the plan, the cache or locks need improvement.',
          'Mostly the rest.',
          'See the bytes per call.'
        ],
        lines: [
          { expr: perCall('pg_stat_statements_plan_seconds_total'), legend: 'planning', colour: 'purple' },
          { expr: perCall('pg_stat_statements_block_read_seconds_total'), legend: 'reading', colour: 'blue' },
          { expr: perCall('pg_stat_statements_block_write_seconds_total'), legend: 'writing', colour: 'orange' },
          {
            expr: ratio(
              `(${rate('pg_stat_statements_seconds_total')} - ${rate('pg_stat_statements_block_read_seconds_total')} - ${rate('pg_stat_statements_block_write_seconds_total')})`,
              calls()
            ),
            legend: 'rest of execution',
            colour: 'green'
          }
        ],
        isStacked: true,
        links: ['queries'],
        empty: 'Needs track_io_timing = on'
      }),
      timeseries('Bytes per call', [12, 8], 'bytes', {
        about: [
          'Bytes that one call finds in the cache, reads, changes, and writes to temporary files and WAL.',
          'Many bytes read for few rows point to a missing index.',
          'As few as the rows need.',
          'See the rows per call.'
        ],
        lines: [
          { expr: perCall('pg_stat_statements_shared_hit_bytes_total'), legend: 'from the cache', colour: 'green' },
          { expr: perCall('pg_stat_statements_shared_read_bytes_total'), legend: 'read', colour: 'blue' },
          { expr: perCall('pg_stat_statements_shared_dirtied_bytes_total'), legend: 'changed', colour: 'orange' },
          { expr: perCall('pg_stat_statements_temp_written_bytes_total'), legend: 'temporary', colour: 'red' },
          { expr: perCall('pg_stat_statements_wal_bytes_total'), legend: 'WAL', colour: 'purple' }
        ],
        links: ['storage'],
        empty
      }),
      timeseries('Rows per call', [24, 6], 'short', {
        about: [
          'Rows that one call returns or changes.',
          'A growing number indicates a missing LIMIT clause.',
          'Flat.',
          'Check the application.'
        ],
        expr: perCall('pg_stat_statements_rows_total'),
        legend: 'rows',
        colour: 'blue',
        links: ['queries'],
        empty
      })
    )
  ]
})
