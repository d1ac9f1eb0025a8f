import { by, inDatabase, largestGauges, on } from '../house/expression.ts'
import type { Row } from '../house/layout.ts'
import { barGauge } from '../house/single-value.ts'
import { above, plain } from '../house/steps.ts'
import { table } from '../house/table.ts'
import { timeseries } from '../house/timeseries.ts'
import { thresholds } from '../thresholds.ts'

const ofTable = ['datname', 'schemaname', 'relname']
const tableLabels = [
  { label: 'relname', title: 'Table', links: ['table'] },
  { label: 'schemaname', title: 'Schema' },
  { label: 'datname', title: 'Database', links: ['database'] }
] as const
const gauge = (metric: Parameters<typeof inDatabase>[0]) => `max ${by(...ofTable)} (${inDatabase(metric)})`
const due = gauge('pg_table_vacuum_due_ratio')
const age = `${gauge('pg_table_xid_age')} / (${gauge('pg_table_freeze_max_age')} > 0)`

export const vacuumTables: Row = {
  title: 'Tables',
  panels: [
    table({
      title: 'Tables that want a vacuum',
      about: [
        'dead or inserted rows in proportion to the threshold at which autovacuum begins, the highest first.',
        'these bloat, and their statistics get wrong.',
        `up to 1; a warning from ${thresholds.vacuumDue.ratio}.`,
        'who holds vacuum back, above; a click on the table.'
      ],
      size: [12, 9],
      labels: tableLabels,
      columns: [
        { title: 'Due', unit: 'short', decimals: 2, expr: `topk($topn, ${due})`, steps: above(thresholds.vacuumDue.ratio) },
        { title: 'Dead rows', unit: 'short', expr: `${gauge('pg_stat_user_tables_n_dead_tup')} and ${on(...ofTable)} topk($topn, ${due})` },
        {
          title: 'Last autovacuum',
          unit: 'dateTimeFromNow',
          expr: `${gauge('pg_stat_user_tables_last_autovacuum')} * 1000 and ${on(...ofTable)} topk($topn, ${due})`
        }
      ],
      sortBy: 'Due'
    }),
    table({
      title: 'Tables with the oldest ids',
      about: [
        'the age of each table in proportion to the age at which autovacuum freezes it, the highest first.',
        'the oldest table decides how many ids are left.',
        `up to 1; a warning from ${thresholds.freezeAgeRatio}.`,
        'vacuum (freeze) the table, when nobody holds it back.'
      ],
      size: [12, 9],
      labels: tableLabels,
      columns: [
        { title: 'Age', unit: 'short', decimals: 2, expr: `topk($topn, ${age})`, steps: above(thresholds.freezeAgeRatio) },
        { title: 'Transactions', unit: 'short', expr: `${gauge('pg_table_xid_age')} and ${on(...ofTable)} topk($topn, ${age})` },
        { title: 'Size', unit: 'bytes', expr: `${gauge('pg_stat_user_tables_table_size_bytes')} and ${on(...ofTable)} topk($topn, ${age})` }
      ],
      sortBy: 'Age'
    })
  ]
}

export const vacuumWork: Row = {
  title: 'Work',
  panels: [
    timeseries({
      title: 'How much is due',
      about: [
        'dead or inserted rows in proportion to the threshold, of the tables that were highest.',
        'a line that only climbs is a table that vacuum does not get to.',
        'saws up to 1.',
        'a click on the table.'
      ],
      unit: 'short',
      size: [8, 8],
      steps: above(thresholds.vacuumDue.ratio),
      lines: [{ expr: largestGauges(inDatabase('pg_table_vacuum_due_ratio'), ofTable), legend: '{{datname}} {{relname}}' }],
      links: ['table']
    }),
    timeseries({
      title: 'Vacuums and analyzes',
      about: [
        'tables vacuumed and analyzed by autovacuum in five minutes, by database.',
        'none for hours, while rows die, is a worker that is stuck.',
        'some, all the time.',
        'how far the running ones have come, on the right.'
      ],
      unit: 'short',
      size: [8, 8],
      lines: [
        {
          expr: `sum ${by('datname')} (increase(${inDatabase('pg_stat_user_tables_autovacuum_count')}[5m]))`,
          legend: '{{datname}} vacuumed'
        },
        {
          expr: `sum ${by('datname')} (increase(${inDatabase('pg_stat_user_tables_autoanalyze_count')}[5m]))`,
          legend: '{{datname}} analyzed'
        }
      ],
      links: ['database']
    }),
    barGauge({
      title: 'How far the running ones have come',
      about: [
        'the part of the table that each running vacuum has scanned.',
        'hours on one table are hours that others wait.',
        'empty, or growing.',
        'autovacuum_vacuum_cost_limit, when it crawls.'
      ],
      unit: 'percentunit',
      size: [8, 8],
      max: 1,
      values: [
        {
          expr: `${gauge('pg_stat_progress_vacuum_heap_blks_scanned')} / (${gauge('pg_stat_progress_vacuum_heap_blks')} > 0)`,
          legend: '{{datname}} {{relname}}'
        }
      ],
      steps: plain,
      empty: 'None runs',
      links: ['table']
    })
  ]
}
