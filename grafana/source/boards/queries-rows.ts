import { by, inDatabase, largest, on, ratesBy, type SeriesName } from '../house/expression.ts'
import type { Row } from '../house/layout.ts'
import type { About } from '../house/panel.ts'
import { above } from '../house/steps.ts'
import { table } from '../house/table.ts'
import { timeseries } from '../house/timeseries.ts'
import type { Unit } from '../house/unit.ts'

const statement = ['datname', 'user', 'queryid']

/** The statements that are the largest over the whole range, each one line that never comes and goes. */
const largestBy = (title: string, metric: SeriesName, unit: Unit, about: About, size: readonly [number, number] = [12, 8]) =>
  timeseries({
    title,
    about,
    unit,
    size,
    isStacked: true,
    lines: [
      { expr: largest(ratesBy(statement, inDatabase(metric)), statement, inDatabase(metric)), legend: '{{datname}} {{user}} {{queryid}}' }
    ],
    links: ['query'],
    empty: 'Needs the extension pg_stat_statements'
  })

const next = 'a click on the statement.'

export const queryCosts: Row = {
  title: 'The largest of each kind',
  isClosed: true,
  panels: [
    largestBy('Time', 'pg_stat_statements_seconds_total', 'short', [
      'seconds of execution in each second.',
      'these make the load.',
      'the same every day.',
      next
    ]),
    largestBy('Calls', 'pg_stat_statements_calls_total', 'reqps', [
      'calls in a second.',
      'thousands of small ones are often a loop in an application.',
      'its own shape of the day.',
      next
    ]),
    largestBy('Waiting for reads', 'pg_stat_statements_block_read_seconds_total', 'short', [
      'seconds spent reading blocks in each second.',
      'these wait for the disk.',
      'little; needs track_io_timing.',
      next
    ]),
    largestBy('Bytes read', 'pg_stat_statements_shared_read_bytes_total', 'binBps', [
      'bytes read from below shared buffers.',
      'these push others out of the cache.',
      'little.',
      next
    ]),
    largestBy('Temporary files', 'pg_stat_statements_temp_written_bytes_total', 'binBps', [
      'bytes written to temporary files.',
      'sorts and joins that do not fit into work_mem.',
      'none or little.',
      next
    ]),
    largestBy('WAL', 'pg_stat_statements_wal_bytes_total', 'binBps', [
      'bytes of WAL made.',
      'all of it goes to the standbys and the archive.',
      'its own shape of the day.',
      next
    ])
  ]
}

const mean = (window: string) =>
  `${gainOver('pg_stat_statements_seconds_total', window)} / (${gainOver('pg_stat_statements_calls_total', window)} > 0)`
const gainOver = (metric: SeriesName, window: string) => `sum ${by(...statement)} (increase(${inDatabase(metric)}${window}))`
const [now, dayBefore] = [mean('[30m]'), mean('[30m] offset 1d')]

export const queryChanges: Row = {
  title: 'What changed',
  isClosed: true,
  panels: [
    table({
      title: 'Slower than a day before',
      about: [
        'statements whose mean time in the last half hour is more than twice that of a day before, and that cost at least 10 seconds.',
        'a plan that changed, a table that grew, or a lock.',
        'empty.',
        next
      ],
      size: [12, 9],
      labels: [
        { label: 'queryid', title: 'Statement', links: ['query'] },
        { label: 'datname', title: 'Database', links: ['database'] },
        { label: 'user', title: 'User' }
      ],
      columns: [
        {
          title: 'Times slower',
          unit: 'short',
          decimals: 1,
          expr: `(${now}) / (${dayBefore} > 0) > 2 and ${on(...statement)} ${gainOver('pg_stat_statements_seconds_total', '[30m]')} > 10`,
          steps: above({ warning: 2 })
        },
        { title: 'Mean now', unit: 's', expr: `${now} and ${on(...statement)} ((${now}) / (${dayBefore} > 0) > 2)` },
        { title: 'Mean a day before', unit: 's', expr: `${dayBefore} and ${on(...statement)} ((${now}) / (${dayBefore} > 0) > 2)` }
      ],
      sortBy: 'Times slower',
      empty: 'None got slower'
    }),
    timeseries({
      title: 'New statements',
      about: [
        'statements that were seen for the first time, by database.',
        'many at once are a deploy.',
        'none, or few.',
        'what got slower at that moment.'
      ],
      unit: 'short',
      size: [12, 9],
      lines: [{ expr: `sum ${by('datname')} (increase(${inDatabase('pg_stat_statements_new_total')}[5m]))`, legend: '{{datname}}' }],
      links: ['database'],
      empty: 'Needs the extension pg_stat_statements'
    })
  ]
}
