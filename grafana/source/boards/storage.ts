// Disk usage. Rows: size and growth, tables, indexes, bloat.

import { help } from '../catalogue.ts'
import { board, closedRow, row, top } from '../panels/board.ts'
import { above, below } from '../panels/colours.ts'
import { among, inDatabase, maxBy, ofTable, on, onServer, ratesBy, ratio, type SeriesName, sumBy } from '../panels/promql.ts'
import { barGauge, stat } from '../panels/stat.ts'
import { table, tableLabels } from '../panels/table.ts'
import { timeseries } from '../panels/timeseries.ts'
import { database, server, topn } from '../panels/variables.ts'
import { thresholds } from '../thresholds.ts'
import { dataQuality } from './shared-panels.ts'

const size = inDatabase('pg_database_size_bytes')
const tables = (metric: SeriesName) => sumBy(ofTable, inDatabase(metric))
const tableSize = `${tables('pg_stat_user_tables_table_size_bytes')} + ${tables('pg_stat_user_tables_index_size_bytes')}`
const amongLargest = (expression: string) => among(expression, ofTable, `topk($topn, ${tableSize})`)
const indexes = (metric: SeriesName) => maxBy([...ofTable, 'indexrelname'], inDatabase(metric))
const indexLabels = [{ label: 'indexrelname', title: 'Index' }, ...tableLabels]
const oldStatistics = `(${inDatabase('pg_index_statistics_age_seconds')} > 30 * 86400)`
const maxima = (metric: SeriesName) => maxBy(ofTable, inDatabase(metric))
const mostBloated = `topk($topn, ${maxima('pg_table_bloat_estimated_bytes')})`

export const storage = board('pgvitals-storage', {
  question: 'What grows, when is the disk full, and which space is wasted?',
  variables: [...server('one'), database('many'), topn],
  from: 'now-7d',
  rows: [
    top(
      stat('Total size', [4, 4], 'bytes', {
        about: ['Size of the selected databases.', 'It is most of the disk usage.', 'Slow growth.', 'See the panels below.'],
        expr: sumBy([], size)
      }),
      stat('Growth in a day', [4, 4], 'bytes', {
        about: [
          'Change of the size of the selected databases in a day.',
          'It determines when the disk is full.',
          'The usual level.',
          'See the largest tables.'
        ],
        expr: sumBy([], `delta(${size}[1d])`)
      }),
      stat('Free disk space', [5, 4], 'percentunit', {
        about: [
          'Free space relative to the size of the disk.',
          'At 0 the server stops.',
          `Above ${thresholds.diskFreeRatio.warning}.`,
          'Enlarge the disk, or find what grows.'
        ],
        expr: onServer('server:pg_disk_free:ratio'),
        max: 1,
        steps: below(thresholds.diskFreeRatio),
        empty: 'Unknown: set capacity_bytes'
      }),
      stat('Time until full', [5, 4], 's', {
        about: [
          'Time until the disk is full at the rate of the last six hours.',
          'A full disk stops the server.',
          `More than ${thresholds.diskFill.warningAheadSeconds / 86400} days.`,
          'See below what grows.'
        ],
        expr: onServer('server:pg_exhaustion:eta_seconds', 'resource="disk"'),
        steps: below({ warning: thresholds.diskFill.warningAheadSeconds, critical: thresholds.diskFill.criticalAheadSeconds }),
        empty: 'Disk usage does not grow'
      }),
      ...dataQuality,
      timeseries('Size by database', [12, 8], 'bytes', {
        about: [
          'Size of each database, stacked.',
          'It shows whose data fills the disk.',
          'Slow growth.',
          'Click the database; see its largest tables below.'
        ],
        expr: size,
        legend: '{{datname}}',
        isStacked: true,
        links: ['database']
      }),
      timeseries('Temporary files now', [6, 8], 'bytes', {
        about: [
          'Size of the temporary files that exist now, by tablespace.',
          'A single query can fill the disk before any counter of temporary files moves.',
          'Little, compared with the free space.',
          'Open the Activity dashboard for the running statements.'
        ],
        expr: sumBy(['tablespace'], onServer('pg_temporary_files_size_bytes')),
        legend: '{{tablespace}}',
        empty: 'pg_monitor is not granted'
      }),
      timeseries('Temporary files written', [6, 8], 'binBps', {
        about: [
          'Bytes written to temporary files per second, counted when a file is removed.',
          'They use disk space and time.',
          'Little.',
          'Open the Statements dashboard for those with temporary files.'
        ],
        expr: ratesBy(['datname'], inDatabase('pg_stat_database_temp_bytes')),
        legend: '{{datname}}',
        steps: above(thresholds.tempBytesPerSecond),
        links: ['queries']
      }),
      barGauge('Quotas', [12, 6], 'percentunit', {
        about: [
          'Size of each database relative to its quota.',
          'All databases share the disk.',
          'Below 1.',
          'Contact the team, or raise the quota in the configuration of pgvitals.'
        ],
        expr: ratio(size, inDatabase('pg_database_quota_bytes')),
        legend: '{{datname}}',
        max: 1,
        steps: above(0.9),
        empty: 'No quotas are configured',
        links: ['database']
      }),
      barGauge('Sequence usage', [12, 6], 'percentunit', {
        about: [
          'Used part of the most used sequences, within the limits of the sequence and of its column.',
          'When a sequence is exhausted, every insert fails.',
          `Below ${thresholds.sequenceUsedRatio.warning}.`,
          'Alter the column to bigint in time.'
        ],
        expr: `sort_desc(topk(8, ${inDatabase('pg_sequence_used_ratio')}))`,
        legend: '{{datname}} {{schemaname}}.{{sequencename}}',
        max: 1,
        steps: above(thresholds.sequenceUsedRatio),
        empty: 'No sequence is used or visible',
        links: ['database']
      })
    ),
    row(
      'Tables',
      table('Largest tables', [24, 9], {
        about: [
          'The largest tables and the parts of their size.',
          'They determine disk usage and the work of vacuum.',
          'The known large tables.',
          'Click the table.'
        ],
        labels: tableLabels,
        columns: [
          { title: 'Total', unit: 'bytes', expr: `topk($topn, ${tableSize})` },
          { title: 'Heap', unit: 'bytes', expr: amongLargest(tables('pg_stat_user_tables_heap_size_bytes')) },
          { title: 'TOAST', unit: 'bytes', expr: amongLargest(tables('pg_stat_user_tables_toast_size_bytes')) },
          { title: 'Indexes', unit: 'bytes', expr: amongLargest(tables('pg_stat_user_tables_index_size_bytes')) },
          {
            title: 'Growth in 7 days',
            unit: 'bytes',
            expr: amongLargest(sumBy(ofTable, `delta(${inDatabase('pg_stat_user_tables_table_size_bytes')}[7d])`))
          },
          { title: 'Live rows', unit: 'short', expr: amongLargest(tables('pg_stat_user_tables_n_live_tup')) },
          { title: 'Dead rows', unit: 'short', expr: amongLargest(tables('pg_stat_user_tables_n_dead_tup')) }
        ],
        sortBy: 'Total'
      })
    ),
    closedRow(
      'Indexes',
      table('Unused indexes', [12, 8], {
        about: [
          'The largest indexes that no query has used, if the statistics cover at least 30 days and therefore monthly reports.',
          'Each slows every write and uses disk space.',
          'None, or indexes that a standby uses.',
          'Check the standbys too, then run drop index concurrently.'
        ],
        labels: indexLabels,
        columns: [
          { title: 'Size', unit: 'bytes', expr: `topk($topn, ${indexes('pg_index_unused_bytes')} and ${on('datname')} ${oldStatistics})` }
        ],
        sortBy: 'Size',
        empty: 'None, or the statistics are younger than 30 days'
      }),
      stat('Age of the statistics', [12, 8], 's', {
        about: [
          help('pg_index_statistics_age_seconds'),
          'Use of an index before that time is not counted.',
          'Months.',
          'If it is short, find out who resets the statistics.'
        ],
        expr: maxBy(['datname'], inDatabase('pg_index_statistics_age_seconds')),
        legend: '{{datname}}',
        links: ['database']
      }),
      table('Invalid indexes', [12, 7], {
        about: [
          'Indexes that a failed create index concurrently has left.',
          'They slow every write, and no query uses them.',
          'Empty.',
          'Drop the index, or run reindex index concurrently.'
        ],
        labels: indexLabels,
        columns: [{ title: 'Size', unit: 'bytes', expr: indexes('pg_index_invalid_bytes') }],
        sortBy: 'Size',
        empty: 'No index is invalid'
      }),
      table('Duplicate indexes', [12, 7], {
        about: [
          'Tables with indexes that another index makes redundant.',
          'They slow every write and use disk space.',
          'Empty.',
          'Drop the smaller index.'
        ],
        labels: tableLabels,
        columns: [
          { title: 'Indexes', unit: 'short', expr: maxima('pg_table_duplicate_indexes') },
          { title: 'Size', unit: 'bytes', expr: maxima('pg_table_duplicate_indexes_bytes') }
        ],
        sortBy: 'Size',
        empty: 'No index is redundant'
      }),
      table('Tables without a primary key', [24, 6], {
        about: [
          'The largest tables without a primary key.',
          'Logical replication cannot update them, and a single duplicate row is hard to remove.',
          'Few and small.',
          'Contact the owner of the table.'
        ],
        labels: tableLabels,
        columns: [
          { title: 'Known', unit: 'none', expr: maxima('pg_table_without_primary_key') },
          {
            title: 'Rows',
            unit: 'short',
            expr: among(tables('pg_stat_user_tables_n_live_tup'), ofTable, inDatabase('pg_table_without_primary_key'))
          }
        ],
        sortBy: 'Rows',
        hidesFirst: true,
        empty: 'Every table has a primary key'
      })
    ),
    closedRow(
      'Bloat',
      table('Estimated bloat', [16, 8], {
        about: [
          'Estimate, from planner statistics, of the space that dead rows and free space use.',
          'Scans of such tables are slower; vacuum returns the space to the table, not to the disk.',
          'Below a half where a table changes much.',
          'Measure with pgstattuple; run pg_repack, or vacuum full in a maintenance window.'
        ],
        labels: tableLabels,
        columns: [
          { title: 'Estimated bytes', unit: 'bytes', expr: mostBloated },
          {
            title: 'Estimated ratio',
            unit: 'percentunit',
            decimals: 0,
            expr: among(maxima('pg_table_bloat_estimated_ratio'), ofTable, mostBloated)
          }
        ],
        sortBy: 'Estimated bytes',
        empty: 'No statistics, or the role cannot read them'
      }),
      stat('Tables without an estimate', [8, 8], 'short', {
        about: [
          help('pg_table_bloat_hidden'),
          'The table of bloat does not contain them.',
          '0, or the tables that only their owners may read.',
          'Grant select if the estimate is needed.'
        ],
        expr: sumBy(['datname'], inDatabase('pg_table_bloat_hidden')),
        legend: '{{datname}}',
        links: ['database']
      })
    )
  ]
})
