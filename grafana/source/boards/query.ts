import { board } from '../house/board.ts'
import { by, gainsBy, onServer, type SeriesName } from '../house/expression.ts'
import { quality } from '../house/quality.ts'
import { stat } from '../house/single-value.ts'
import { plain } from '../house/steps.ts'
import { table } from '../house/table.ts'
import { timeseries } from '../house/timeseries.ts'
import { database, label, server } from '../house/variables.ts'

const chosen = (metric: SeriesName) => onServer(metric, 'datname=~"$datname"', 'queryid=~"$queryid"')
const rateOf = (metric: SeriesName, offset = '') => `sum ${by('datname', 'queryid')} (rate(${chosen(metric)}[$__rate_interval]${offset}))`
const calls = (offset = '') => rateOf('pg_stat_statements_calls_total', offset)
const mean = (offset = '') => `${rateOf('pg_stat_statements_seconds_total', offset)} / (${calls(offset)} > 0)`
const perCall = (metric: SeriesName) => `${rateOf(metric)} / (${calls()} > 0)`
const perUser = (metric: SeriesName) => gainsBy(['datname', 'user', 'queryid'], chosen(metric))
const empty = 'This statement did not run, or pg_stat_statements does not count it'

export const query = board({
  uid: 'pgvitals-query',
  title: 'One statement',
  question: 'What does this statement cost, and since when?',
  variables: [
    ...server('one'),
    database('one'),
    label(
      'queryid',
      'Statement',
      'label_values(pg_stat_statements_calls_total{job=~"$job", instance=~"$instance", server=~"$server", datname=~"$datname"}, queryid)'
    )
  ],
  rows: [
    {
      panels: [
        table({
          title: 'Text',
          about: [
            'the statement as pg_stat_statements keeps it, with $1 for constants.',
            'it can be pasted after "explain (generic_plan)" from PostgreSQL 16 on.',
            'one line.',
            'explain (analyze, buffers) with real values, on a copy.'
          ],
          size: [18, 4],
          labels: [{ label: 'query', title: 'Text' }],
          columns: [{ title: 'Known', unit: 'none', expr: onServer('pg_stat_statements_query_id', 'queryid=~"$queryid"') }],
          sortBy: 'Text',
          hidesFirst: true,
          empty: 'The text is not exported, or may not be read'
        }),
        ...quality(4),
        stat({
          title: 'Cost within the range',
          about: [
            'what the statement cost within the range that is shown.',
            'it tells whether it is worth the work.',
            'its own level.',
            'the panels below.'
          ],
          unit: 's',
          size: [8, 5],
          values: [
            {
              expr: `sum ${by('datname', 'queryid')} (increase(${chosen('pg_stat_statements_seconds_total')}[$__range]))`,
              legend: 'execution'
            },
            {
              expr: `sum ${by('datname', 'queryid')} (increase(${chosen('pg_stat_statements_plan_seconds_total')}[$__range]))`,
              legend: 'planning'
            }
          ],
          steps: plain,
          empty
        }),
        table({
          title: 'Who calls it',
          about: [
            'calls, time and mean by role, within the range that is shown.',
            'it tells whom to ask.',
            'the application that you expect.',
            'the board "connections".'
          ],
          size: [16, 5],
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
              expr: `${perUser('pg_stat_statements_seconds_total')} / (${perUser('pg_stat_statements_calls_total')} > 0)`
            },
            { title: 'Rows', unit: 'short', expr: perUser('pg_stat_statements_rows_total') }
          ],
          sortBy: 'Time',
          empty
        }),
        timeseries({
          title: 'Mean time',
          about: [
            'mean time of a call now, a day and a week before.',
            'a step is a plan that changed; a slope is a table that grows.',
            'close to the dashed lines.',
            'analyze the tables; look at the plan.'
          ],
          unit: 's',
          size: [12, 8],
          lines: [
            { expr: mean(), legend: 'now', colour: 'blue' },
            { expr: mean(' offset 1d'), legend: 'a day before', dashed: true, colour: '#8e8e8e' },
            { expr: mean(' offset 1w'), legend: 'a week before', dashed: true, colour: 'purple' }
          ],
          links: ['queries'],
          empty
        }),
        timeseries({
          title: 'Calls',
          about: [
            'calls in a second now and a week before.',
            'more calls cost more, though each is as fast.',
            'close to the dashed line.',
            'the application that calls it.'
          ],
          unit: 'reqps',
          size: [12, 8],
          lines: [
            { expr: calls(), legend: 'now', colour: 'blue' },
            { expr: calls(' offset 1w'), legend: 'a week before', dashed: true, colour: '#8e8e8e' }
          ],
          links: ['queries'],
          empty
        }),
        timeseries({
          title: 'Where a call spends its time',
          about: [
            'time of one call: planning, reading, writing, and the rest, which is mostly the processor and waiting for locks.',
            'it tells what to work on: the plan, the cache or the locks.',
            'mostly the rest.',
            'bytes of one call, on the right.'
          ],
          unit: 's',
          size: [12, 8],
          isStacked: true,
          lines: [
            { expr: perCall('pg_stat_statements_plan_seconds_total'), legend: 'planning', colour: 'purple' },
            { expr: perCall('pg_stat_statements_block_read_seconds_total'), legend: 'reading', colour: 'blue' },
            { expr: perCall('pg_stat_statements_block_write_seconds_total'), legend: 'writing', colour: 'orange' },
            {
              expr: `(${rateOf('pg_stat_statements_seconds_total')} - ${rateOf('pg_stat_statements_block_read_seconds_total')} - ${rateOf('pg_stat_statements_block_write_seconds_total')}) / (${calls()} > 0)`,
              legend: 'the rest of execution',
              colour: 'green'
            }
          ],
          links: ['queries'],
          empty: 'Needs track_io_timing = on'
        }),
        timeseries({
          title: 'Bytes of one call',
          about: [
            'bytes that one call found in the cache, read, changed, wrote to temporary files and to the WAL.',
            'much read for few rows is a missing index.',
            'as few as the rows need.',
            'rows of one call, below.'
          ],
          unit: 'bytes',
          size: [12, 8],
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
        timeseries({
          title: 'Rows of one call',
          about: ['rows that one call returned or changed.', 'a growing number is a missing limit.', 'flat.', 'the application.'],
          unit: 'short',
          size: [24, 6],
          lines: [{ expr: perCall('pg_stat_statements_rows_total'), legend: 'rows', colour: 'blue' }],
          links: ['queries'],
          empty
        })
      ]
    }
  ]
})
