import { help } from '../catalogue.ts'
import { board, top } from '../panels/board.ts'
import { above, words } from '../panels/colours.ts'
import { increasesBy, maxBy, ofTable, onServer, ratesBy, type SeriesName, share } from '../panels/promql.ts'
import { stat } from '../panels/stat.ts'
import { table } from '../panels/table.ts'
import { timeseries } from '../panels/timeseries.ts'
import { database, label, server } from '../panels/variables.ts'
import { thresholds } from '../thresholds.ts'
import { dataQuality } from './shared-panels.ts'

const selected = (metric: SeriesName) => onServer(metric, 'datname=~"$datname"', 'schemaname=~"$schemaname"', 'relname=~"$relname"')
const gauge = (metric: SeriesName) => maxBy(ofTable, selected(metric))
const rate = (metric: SeriesName) => ratesBy(ofTable, selected(metric))
const hits = (part: 'heap' | 'idx' | 'toast') =>
  share(rate(`pg_statio_user_tables_${part}_blocks_hit`), rate(`pg_statio_user_tables_${part}_blocks_read`))
const ofIndex = [...ofTable, 'indexrelname']
const empty = 'Not among the 300 most active tables, or locked'

export const tableBoard = board('pgvitals-table', {
  question: 'How is this table used, how large is it, and does vacuum keep up?',
  variables: [
    ...server('one'),
    database('one'),
    label('schemaname', 'Schema', 'pg_stat_user_tables_seq_scan'),
    label('relname', 'Table', 'pg_stat_user_tables_seq_scan', 'schemaname=~"$schemaname"')
  ],
  rows: [
    top(
      stat('Live rows', [4, 4], 'short', {
        about: ['Estimated live rows of the table.', 'The other values are relative to it.', 'The usual level.', 'See the size.'],
        expr: gauge('pg_stat_user_tables_n_live_tup'),
        empty
      }),
      stat('Vacuum due', [4, 4], 'short', {
        about: [
          help('pg_table_vacuum_due_ratio'),
          'Far above 1, the table bloats.',
          `Up to 1; a warning from ${thresholds.vacuumDue.ratio}.`
        ],
        expr: gauge('pg_table_vacuum_due_ratio'),
        decimals: 2,
        steps: above(thresholds.vacuumDue.ratio),
        empty,
        links: ['vacuum']
      }),
      stat('Autovacuum', [3, 4], 'none', {
        about: [
          help('pg_table_autovacuum_enabled'),
          'Without it, the table bloats until an anti-wraparound vacuum.',
          'On.',
          'Run alter table … reset (autovacuum_enabled).'
        ],
        expr: gauge('pg_table_autovacuum_enabled'),
        mappings: words({ 0: ['off', 'red'], 1: ['on', 'green'] }),
        empty
      }),
      stat('Last autovacuum and autoanalyze', [7, 4], 'dateTimeFromNow', {
        about: [
          'Time of the last vacuum and the last analyze by autovacuum.',
          'Outdated statistics cause wrong plans.',
          'Depends on the rate of changes.',
          'Open the Vacuum dashboard.'
        ],
        lines: [
          { expr: `${gauge('pg_stat_user_tables_last_autovacuum')} * 1000`, legend: 'vacuum' },
          { expr: `${gauge('pg_stat_user_tables_last_autoanalyze')} * 1000`, legend: 'analyze' }
        ],
        empty: 'Never'
      }),
      ...dataQuality,
      timeseries('Size', [12, 8], 'bytes', {
        about: [
          'Disk space of the heap, the TOAST data and the indexes.',
          'If the indexes are larger than the heap, there are many, or they are bloated.',
          'Slow growth.',
          'See the indexes below.'
        ],
        lines: [
          { expr: gauge('pg_stat_user_tables_heap_size_bytes'), legend: 'heap', colour: 'blue' },
          { expr: gauge('pg_stat_user_tables_toast_size_bytes'), legend: 'TOAST', colour: 'purple' },
          { expr: gauge('pg_stat_user_tables_index_size_bytes'), legend: 'indexes', colour: 'orange' }
        ],
        isStacked: true,
        links: ['storage'],
        empty
      }),
      timeseries('Changed rows', [12, 8], 'ops', {
        about: [
          'Rows inserted, updated and deleted per second; HOT updates need no new index entries.',
          'Other updates also write to every index.',
          'Mostly HOT updates.',
          'Lower fillfactor, or drop indexes.'
        ],
        lines: [
          { expr: rate('pg_stat_user_tables_n_tup_ins'), legend: 'inserted', colour: 'green' },
          { expr: rate('pg_stat_user_tables_n_tup_upd'), legend: 'updated', colour: 'orange' },
          { expr: rate('pg_stat_user_tables_n_tup_hot_upd'), legend: 'HOT updated', colour: 'blue' },
          { expr: rate('pg_stat_user_tables_n_tup_del'), legend: 'deleted', colour: 'red' }
        ],
        links: ['queries'],
        empty
      }),
      timeseries('Scans', [8, 8], 'ops', {
        about: [
          'Sequential scans and index scans per second.',
          'Sequential scans of a large table point to a missing index.',
          'Index scans, except for small tables.',
          'Open the Statements dashboard for the statements that read most.'
        ],
        lines: [
          { expr: rate('pg_stat_user_tables_seq_scan'), legend: 'sequential', colour: 'orange' },
          { expr: rate('pg_stat_user_tables_idx_scan'), legend: 'index', colour: 'green' }
        ],
        links: ['queries'],
        empty
      }),
      timeseries('Cache hits', [8, 8], 'percentunit', {
        about: [
          'Blocks found in shared buffers relative to all blocks accessed.',
          'A low ratio of a busy table slows all statements.',
          'Close to 1 for busy tables.',
          'Check the size of shared_buffers.'
        ],
        lines: [
          { expr: hits('heap'), legend: 'heap', colour: 'blue' },
          { expr: hits('idx'), legend: 'indexes', colour: 'orange' },
          { expr: hits('toast'), legend: 'TOAST', colour: 'purple' }
        ],
        max: 1,
        links: ['server'],
        empty: 'No reads'
      }),
      timeseries('Dead rows', [8, 8], 'short', {
        about: [
          'Dead rows, and the threshold of autovacuum.',
          'Far above the line, vacuum does not keep up, or cannot remove the rows.',
          'A sawtooth below the line.'
        ],
        lines: [
          { expr: gauge('pg_stat_user_tables_n_dead_tup'), legend: 'dead rows', colour: 'orange' },
          { expr: gauge('pg_table_vacuum_threshold'), legend: 'threshold', dashed: true }
        ],
        links: ['vacuum'],
        empty
      }),
      table('Indexes', [16, 8], {
        about: [
          'The indexes of the table, and their use within the time range.',
          'An unused index slows every write.',
          'All are used.',
          'See the row "Indexes" of the Storage dashboard.'
        ],
        labels: [{ label: 'indexrelname', title: 'Index' }],
        columns: [
          { title: 'Size', unit: 'bytes', expr: maxBy(ofIndex, selected('pg_stat_user_indexes_size_bytes')) },
          { title: 'Scans', unit: 'short', expr: increasesBy(ofIndex, selected('pg_stat_user_indexes_idx_scan_total')) },
          { title: 'Entries read', unit: 'short', expr: increasesBy(ofIndex, selected('pg_stat_user_indexes_idx_tup_read_total')) }
        ],
        sortBy: 'Size',
        empty: 'No index, or none among the exported ones'
      }),
      timeseries('Age of the oldest unfrozen transaction id', [8, 8], 'short', {
        about: [
          'Transactions since the oldest unfrozen transaction id, and the age at which autovacuum freezes the table.',
          'If it is not frozen in time, the server stops accepting writes.',
          'Below the line.'
        ],
        lines: [
          { expr: gauge('pg_table_xid_age'), legend: 'age', colour: 'blue' },
          { expr: gauge('pg_table_freeze_max_age'), legend: 'freeze max age', dashed: true }
        ],
        links: ['vacuum'],
        empty: 'Polled on a primary, every five minutes'
      })
    )
  ]
})
