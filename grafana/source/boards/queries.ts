import { board } from '../house/board.ts'
import { by, inDatabase, on, onServer } from '../house/expression.ts'
import { heatmap } from '../house/heatmap.ts'
import { quality } from '../house/quality.ts'
import { stat } from '../house/single-value.ts'
import { above, plain } from '../house/steps.ts'
import { timeseries } from '../house/timeseries.ts'
import { database, server, top } from '../house/variables.ts'
import { queryChanges, queryCosts } from './queries-rows.ts'
import { statementsTable } from './queries-table.ts'

const needs = 'Needs the extension pg_stat_statements'

export const queries = board({
  uid: 'pgvitals-queries',
  title: 'Statements',
  question: 'Which statements cost what, and which got slower?',
  variables: [...server('one'), database('many'), top],
  rows: [
    {
      panels: [
        stat({
          title: 'Tracked statements',
          about: [
            'statements that pg_stat_statements holds, in proportion to pg_stat_statements.max.',
            'when it is full, rare statements are thrown out and their counts with them.',
            'below 1, or full with few evictions.',
            'raise pg_stat_statements.max; statements built with literal lists fill it.'
          ],
          unit: 'percentunit',
          size: [4, 4],
          max: 1,
          values: [{ expr: `${onServer('pg_stat_statements_entries')} / (${onServer('pg_stat_statements_max_entries')} > 0)` }],
          steps: plain,
          empty: needs
        }),
        stat({
          title: 'Evictions',
          about: [
            'how often statements were thrown out to make room, within the range that is shown.',
            'then the numbers below are too low.',
            '0.',
            'raise pg_stat_statements.max.'
          ],
          unit: 'short',
          size: [4, 4],
          values: [{ expr: `increase(${onServer('pg_stat_statements_dealloc_total')}[$__range])` }],
          steps: above({ warning: 1 }),
          empty: 'Counted by pg_stat_statements 1.9 and newer'
        }),
        stat({
          title: 'Load that is explained',
          about: [
            'time of statements in proportion to the time that sessions were active.',
            'what is missing was thrown out, is planning, or still runs.',
            'above 0.8.',
            'the evictions; long statements on the board "activity".'
          ],
          unit: 'percentunit',
          size: [5, 4],
          values: [
            {
              expr: `sum ${by()} (increase(${inDatabase('pg_stat_statements_seconds_total')}[$__range])) / ${on()} (sum ${by()} (increase(${inDatabase('pg_stat_database_active_time_seconds_total')}[$__range])) > 0)`
            }
          ],
          steps: plain,
          empty: needs
        }),
        stat({
          title: 'Counting since',
          about: [
            'when the statistics of statements were last reset.',
            'a reset looks like a pause in the panels.',
            'long ago.',
            'who calls pg_stat_statements_reset().'
          ],
          unit: 'dateTimeFromNow',
          size: [5, 4],
          values: [{ expr: `${onServer('pg_stat_statements_stats_reset_timestamp_seconds')} * 1000` }],
          steps: plain,
          empty: 'Told by pg_stat_statements 1.9 and newer'
        }),
        ...quality(4),
        statementsTable,
        timeseries({
          title: 'Time by database',
          about: [
            'seconds of execution in each second, by database: how many processors or disks they keep busy.',
            'it is the load that statements make.',
            'its own shape of the day.',
            'the database.'
          ],
          unit: 'short',
          size: [12, 8],
          isStacked: true,
          lines: [
            {
              expr: `sum ${by('datname')} (rate(${inDatabase('pg_stat_statements_seconds_total')}[$__rate_interval]))`,
              legend: '{{datname}}'
            }
          ],
          links: ['database'],
          empty: needs
        }),
        heatmap({
          title: 'How slow statements are',
          about: [
            'the mean time of each statement between two polls, weighted by its calls: dark is where most calls are.',
            'a mean hides a second hump; here it shows.',
            'dark below, little above.',
            'the table above, sorted by mean.'
          ],
          unit: 's',
          size: [12, 8],
          expr: `sum ${by('le')} (increase(${inDatabase('pg_stat_statements_interval_mean_seconds_bucket')}[$__rate_interval]))`,
          empty: needs
        })
      ]
    },
    queryCosts,
    queryChanges
  ]
})
