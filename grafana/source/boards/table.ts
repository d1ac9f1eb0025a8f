import { board } from '../house/board.ts'
import { by, gainsBy, ratesBy, type SeriesName } from '../house/expression.ts'
import { quality } from '../house/quality.ts'
import { table } from '../house/table.ts'
import { timeseries } from '../house/timeseries.ts'
import { database, label, server } from '../house/variables.ts'
import { chosen, empty, gauge, ofTable, tableHeader } from './table-header.ts'

const ofIndex = [...ofTable, 'indexrelname']
const rate = (metric: SeriesName) => ratesBy(ofTable, chosen(metric))
const hits = (hit: SeriesName, read: SeriesName) => `${rate(hit)} / (${rate(hit)} + ${rate(read)} > 0)`
const ofDatabase = 'job=~"$job", instance=~"$instance", server=~"$server", datname=~"$datname"'

export const tableBoard = board({
  uid: 'pgvitals-table',
  title: 'One table',
  question: 'How is this table used, how large is it, and is vacuum keeping up with it?',
  variables: [
    ...server('one'),
    database('one'),
    label('schemaname', 'Schema', `label_values(pg_stat_user_tables_seq_scan{${ofDatabase}}, schemaname)`),
    label('relname', 'Table', `label_values(pg_stat_user_tables_seq_scan{${ofDatabase}, schemaname=~"$schemaname"}, relname)`)
  ],
  rows: [
    {
      panels: [
        ...tableHeader,
        ...quality(4),
        timeseries({
          title: 'Size',
          about: [
            'what the table, its TOAST data and its indexes take on disk.',
            'indexes larger than the rows are many, or bloated.',
            'slow growth.',
            'the indexes below.'
          ],
          unit: 'bytes',
          size: [12, 8],
          isStacked: true,
          lines: [
            { expr: gauge('pg_stat_user_tables_heap_size_bytes'), legend: 'rows', colour: 'blue' },
            { expr: gauge('pg_stat_user_tables_toast_size_bytes'), legend: 'TOAST', colour: 'purple' },
            { expr: gauge('pg_stat_user_tables_index_size_bytes'), legend: 'indexes', colour: 'orange' }
          ],
          links: ['storage'],
          empty
        }),
        timeseries({
          title: 'Rows changed',
          about: [
            'rows inserted, updated and deleted in a second; updates in place need no new index entries.',
            'updates that are not in place cost as much as the indexes.',
            'most updates in place.',
            'a lower fillfactor, or fewer indexes.'
          ],
          unit: 'ops',
          size: [12, 8],
          lines: [
            { expr: rate('pg_stat_user_tables_n_tup_ins'), legend: 'inserted', colour: 'green' },
            { expr: rate('pg_stat_user_tables_n_tup_upd'), legend: 'updated', colour: 'orange' },
            { expr: rate('pg_stat_user_tables_n_tup_hot_upd'), legend: 'updated in place', colour: 'blue' },
            { expr: rate('pg_stat_user_tables_n_tup_del'), legend: 'deleted', colour: 'red' }
          ],
          links: ['queries'],
          empty
        }),
        timeseries({
          title: 'Scans',
          about: [
            'scans of the whole table and of its indexes in a second.',
            'whole scans of a large table are a missing index.',
            'index scans, but for small tables.',
            'the statements that read most.'
          ],
          unit: 'ops',
          size: [8, 8],
          lines: [
            { expr: rate('pg_stat_user_tables_seq_scan'), legend: 'whole table', colour: 'orange' },
            { expr: rate('pg_stat_user_tables_idx_scan'), legend: 'index', colour: 'green' }
          ],
          links: ['queries'],
          empty
        }),
        timeseries({
          title: 'Cache hits',
          about: [
            'blocks found in shared buffers in proportion to all that were asked for.',
            'a low share of a busy table slows everybody.',
            'near 1 for busy tables.',
            'the size of shared_buffers.'
          ],
          unit: 'percentunit',
          size: [8, 8],
          max: 1,
          lines: [
            {
              expr: hits('pg_statio_user_tables_heap_blocks_hit', 'pg_statio_user_tables_heap_blocks_read'),
              legend: 'rows',
              colour: 'blue'
            },
            {
              expr: hits('pg_statio_user_tables_idx_blocks_hit', 'pg_statio_user_tables_idx_blocks_read'),
              legend: 'indexes',
              colour: 'orange'
            },
            {
              expr: hits('pg_statio_user_tables_toast_blocks_hit', 'pg_statio_user_tables_toast_blocks_read'),
              legend: 'TOAST',
              colour: 'purple'
            }
          ],
          links: ['server'],
          empty: 'Nobody read it'
        }),
        timeseries({
          title: 'Dead rows',
          about: [
            'dead rows, and the threshold at which autovacuum begins.',
            'far above the line vacuum does not keep up, or is held back.',
            'a saw below the line.',
            'the board "vacuum".'
          ],
          unit: 'short',
          size: [8, 8],
          lines: [
            { expr: gauge('pg_stat_user_tables_n_dead_tup'), legend: 'dead rows', colour: 'orange' },
            { expr: gauge('pg_table_vacuum_threshold'), legend: 'threshold', dashed: true }
          ],
          links: ['vacuum'],
          empty
        }),
        table({
          title: 'Indexes',
          about: [
            'the indexes of the table, and how often each was used within the range that is shown.',
            'an index without use costs every write.',
            'all of them used.',
            'the row "Indexes" of the board "storage".'
          ],
          size: [16, 8],
          labels: [{ label: 'indexrelname', title: 'Index' }],
          columns: [
            { title: 'Size', unit: 'bytes', expr: `max ${by(...ofIndex)} (${chosen('pg_stat_user_indexes_size_bytes')})` },
            { title: 'Scans', unit: 'short', expr: gainsBy(ofIndex, chosen('pg_stat_user_indexes_idx_scan_total')) },
            { title: 'Entries read', unit: 'short', expr: gainsBy(ofIndex, chosen('pg_stat_user_indexes_idx_tup_read_total')) }
          ],
          sortBy: 'Size',
          empty: 'It has no index, or none that is known'
        }),
        timeseries({
          title: 'Age of the oldest row version',
          about: [
            'transactions since the oldest id that is not frozen, and the age at which autovacuum freezes the table.',
            'when it is not frozen in time, the server takes no more writes.',
            'below the line.',
            'the board "vacuum".'
          ],
          unit: 'short',
          size: [8, 8],
          lines: [
            { expr: gauge('pg_table_xid_age'), legend: 'age', colour: 'blue' },
            { expr: gauge('pg_table_freeze_max_age'), legend: 'frozen at', dashed: true }
          ],
          links: ['vacuum'],
          empty: 'Polled on a primary, every five minutes'
        })
      ]
    }
  ]
})
