import { by, inDatabase, on, type SeriesName } from '../house/expression.ts'
import type { Row } from '../house/layout.ts'
import { stat } from '../house/single-value.ts'
import { plain } from '../house/steps.ts'
import { table } from '../house/table.ts'

const ofTable = ['datname', 'schemaname', 'relname']
const ofIndex = [...ofTable, 'indexrelname']
const tableLabels = [
  { label: 'relname', title: 'Table', links: ['table'] },
  { label: 'schemaname', title: 'Schema' },
  { label: 'datname', title: 'Database', links: ['database'] }
] as const
const indexLabels = [{ label: 'indexrelname', title: 'Index' }, ...tableLabels] as const

const size = (metric: SeriesName) => `sum ${by(...ofTable)} (${inDatabase(metric)})`
const total = `${size('pg_stat_user_tables_table_size_bytes')} + ${size('pg_stat_user_tables_index_size_bytes')}`
const among = (expression: string) => `${expression} and ${on(...ofTable)} topk($topn, ${total})`

export const tablesRow: Row = {
  title: 'Largest tables',
  panels: [
    table({
      title: 'Largest tables',
      about: [
        'the largest tables, and what they are made of.',
        'they are what the disk and vacuum have to do with.',
        'the ones you know.',
        'a click on the table.'
      ],
      size: [24, 9],
      labels: tableLabels,
      columns: [
        { title: 'Total', unit: 'bytes', expr: `topk($topn, ${total})` },
        { title: 'Rows themselves', unit: 'bytes', expr: among(size('pg_stat_user_tables_heap_size_bytes')) },
        { title: 'TOAST', unit: 'bytes', expr: among(size('pg_stat_user_tables_toast_size_bytes')) },
        { title: 'Indexes', unit: 'bytes', expr: among(size('pg_stat_user_tables_index_size_bytes')) },
        {
          title: 'Growth in 7 days',
          unit: 'bytes',
          expr: among(`sum ${by(...ofTable)} (delta(${inDatabase('pg_stat_user_tables_table_size_bytes')}[7d]))`)
        },
        { title: 'Live rows', unit: 'short', expr: among(size('pg_stat_user_tables_n_live_tup')) },
        { title: 'Dead rows', unit: 'short', expr: among(size('pg_stat_user_tables_n_dead_tup')) }
      ],
      sortBy: 'Total'
    })
  ]
}

const oldEnough = `(${inDatabase('pg_index_statistics_age_seconds')} > 30 * 86400)`

export const indexesRow: Row = {
  title: 'Indexes',
  isClosed: true,
  panels: [
    table({
      title: 'Unused indexes',
      about: [
        'indexes that no query has used, largest first; only where the statistics are at least 30 days old, so that a monthly report has had its turn.',
        'each costs every write, and disk.',
        'none, or ones that a standby uses.',
        'look at the standbys too; then drop index concurrently.'
      ],
      size: [12, 8],
      labels: indexLabels,
      columns: [
        {
          title: 'Size',
          unit: 'bytes',
          expr: `topk($topn, max ${by(...ofIndex)} (${inDatabase('pg_index_unused_bytes')}) and ${on('datname')} ${oldEnough})`
        }
      ],
      sortBy: 'Size',
      empty: 'None, or the statistics are younger than 30 days'
    }),
    stat({
      title: 'Age of the statistics',
      about: [
        'how long the use of indexes has been counted.',
        '"unused" says nothing about a time before.',
        'months.',
        'who reset the statistics, when it is short.'
      ],
      unit: 's',
      size: [12, 8],
      values: [{ expr: `max ${by('datname')} (${inDatabase('pg_index_statistics_age_seconds')})`, legend: '{{datname}}' }],
      steps: plain,
      links: ['database']
    }),
    table({
      title: 'Invalid indexes',
      about: [
        'indexes that a failed "create index concurrently" left.',
        'they cost every write and serve no query.',
        'empty.',
        'drop the index, or reindex index concurrently.'
      ],
      size: [12, 7],
      labels: indexLabels,
      columns: [{ title: 'Size', unit: 'bytes', expr: `max ${by(...ofIndex)} (${inDatabase('pg_index_invalid_bytes')})` }],
      sortBy: 'Size',
      empty: 'None is invalid'
    }),
    table({
      title: 'Duplicate indexes',
      about: [
        'tables with indexes that another one makes needless.',
        'they cost every write, and disk.',
        'empty.',
        'drop the smaller one.'
      ],
      size: [12, 7],
      labels: tableLabels,
      columns: [
        { title: 'Indexes', unit: 'short', expr: `max ${by(...ofTable)} (${inDatabase('pg_table_duplicate_indexes')})` },
        { title: 'Size', unit: 'bytes', expr: `max ${by(...ofTable)} (${inDatabase('pg_table_duplicate_indexes_bytes')})` }
      ],
      sortBy: 'Size',
      empty: 'None is needless'
    }),
    table({
      title: 'Tables without a primary key',
      about: [
        'the largest tables whose rows nothing names.',
        'logical replication cannot update them, and a row that is there twice cannot be removed alone.',
        'few, and small.',
        'the owner of the table.'
      ],
      size: [24, 6],
      labels: tableLabels,
      columns: [
        { title: 'Known', unit: 'none', expr: `max ${by(...ofTable)} (${inDatabase('pg_table_without_primary_key')})` },
        {
          title: 'Rows',
          unit: 'short',
          expr: `${size('pg_stat_user_tables_n_live_tup')} and ${on(...ofTable)} ${inDatabase('pg_table_without_primary_key')}`
        }
      ],
      sortBy: 'Rows',
      hidesFirst: true,
      empty: 'Every table has one'
    })
  ]
}

export const wasteRow: Row = {
  title: 'Estimated bloat',
  isClosed: true,
  panels: [
    table({
      title: 'Estimated bloat',
      about: [
        'an estimate, from the statistics of the planner, of the space that dead rows and gaps take.',
        'such tables are slower to scan; vacuum gives the space back to the table, not to the disk.',
        'below a half, where a table changes much.',
        'pgstattuple for the truth; pg_repack or vacuum full in a maintenance window.'
      ],
      size: [16, 8],
      labels: tableLabels,
      columns: [
        {
          title: 'Estimated bytes',
          unit: 'bytes',
          expr: `topk($topn, max ${by(...ofTable)} (${inDatabase('pg_table_bloat_estimated_bytes')}))`
        },
        {
          title: 'Estimated part',
          unit: 'percentunit',
          decimals: 0,
          expr: `max ${by(...ofTable)} (${inDatabase('pg_table_bloat_estimated_ratio')}) and ${on(...ofTable)} topk($topn, max ${by(...ofTable)} (${inDatabase('pg_table_bloat_estimated_bytes')}))`
        }
      ],
      sortBy: 'Estimated bytes',
      empty: 'Not enough statistics, or they may not be read'
    }),
    stat({
      title: 'Tables without an estimate',
      about: [
        'larger tables that the role may not read, so that their bloat is not estimated.',
        'they are missing on the left.',
        '0, or the tables that nobody but their owner may read.',
        'grant select, if the estimate is wanted.'
      ],
      unit: 'short',
      size: [8, 8],
      values: [{ expr: `sum ${by('datname')} (${inDatabase('pg_table_bloat_hidden')})`, legend: '{{datname}}' }],
      steps: plain,
      links: ['database']
    })
  ]
}
