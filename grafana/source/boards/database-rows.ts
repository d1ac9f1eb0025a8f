import { by, gainsBy, inDatabase, on, onServer, ratesBy } from '../house/expression.ts'
import type { Row } from '../house/layout.ts'
import { above } from '../house/steps.ts'
import { table } from '../house/table.ts'
import { timeseries } from '../house/timeseries.ts'
import { thresholds } from '../thresholds.ts'

const statement = ['datname', 'user', 'queryid']
const gain = (metric: Parameters<typeof inDatabase>[0]) => gainsBy(statement, inDatabase(metric))
const longest = `topk(10, ${gain('pg_stat_statements_seconds_total')})`
const among = (expression: string) => `${expression} and ${on(...statement)} ${longest}`

export const databaseStatements: Row = {
  title: 'Statements that took most time',
  panels: [
    table({
      title: 'The ten statements that took most time',
      about: [
        'the statements of this database that executed longest in all, within the range that is shown.',
        'to make one of these faster helps most.',
        'the same ones every day.',
        'a click on the statement.'
      ],
      size: [24, 9],
      labels: [
        { label: 'queryid', title: 'Statement', width: 190, links: ['query'] },
        { label: 'query', title: 'Text' },
        { label: 'datname', title: 'Database', width: 100, links: ['queries'] },
        { label: 'user', title: 'User', width: 100 }
      ],
      columns: [
        {
          title: 'Time',
          unit: 's',
          width: 90,
          expr: `${longest} * ${on('queryid')} group_left (query) ${onServer('pg_stat_statements_query_id')} or ${on(...statement)} ${longest}`
        },
        { title: 'Calls', unit: 'short', width: 90, expr: among(gain('pg_stat_statements_calls_total')) },
        {
          title: 'Mean',
          unit: 's',
          width: 90,
          expr: among(`${gain('pg_stat_statements_seconds_total')} / (${gain('pg_stat_statements_calls_total')} > 0)`)
        },
        {
          title: 'Rows a call',
          unit: 'short',
          width: 100,
          expr: among(`${gain('pg_stat_statements_rows_total')} / (${gain('pg_stat_statements_calls_total')} > 0)`)
        },
        { title: 'Read', unit: 'bytes', width: 90, expr: among(gain('pg_stat_statements_shared_read_bytes_total')) },
        { title: 'Temporary', unit: 'bytes', width: 100, expr: among(gain('pg_stat_statements_temp_written_bytes_total')) },
        { title: 'WAL', unit: 'bytes', width: 90, expr: among(gain('pg_stat_statements_wal_bytes_total')) }
      ],
      sortBy: 'Time',
      empty: 'Needs the extension pg_stat_statements'
    })
  ]
}

const ofTable = ['datname', 'schemaname', 'relname']
const tableLabels = [
  { label: 'relname', title: 'Table', links: ['table'] },
  { label: 'schemaname', title: 'Schema' }
] as const
const totalSize = `sum ${by(...ofTable)} (${inDatabase('pg_stat_user_tables_table_size_bytes')}) + sum ${by(...ofTable)} (${inDatabase('pg_stat_user_tables_index_size_bytes')})`

export const databaseTables: Row = {
  title: 'Tables',
  panels: [
    table({
      title: 'Largest tables',
      about: [
        'the ten largest tables with their indexes.',
        'they are what the disk and vacuum have to do with.',
        'the ones you know.',
        'a click on the table.'
      ],
      size: [12, 8],
      labels: tableLabels,
      columns: [
        { title: 'Total', unit: 'bytes', expr: `topk(10, ${totalSize})` },
        {
          title: 'Indexes',
          unit: 'bytes',
          expr: `sum ${by(...ofTable)} (${inDatabase('pg_stat_user_tables_index_size_bytes')}) and ${on(...ofTable)} topk(10, ${totalSize})`
        },
        {
          title: 'Rows',
          unit: 'short',
          expr: `sum ${by(...ofTable)} (${inDatabase('pg_stat_user_tables_n_live_tup')}) and ${on(...ofTable)} topk(10, ${totalSize})`
        }
      ],
      sortBy: 'Total'
    }),
    table({
      title: 'Tables that want vacuum or analyze',
      about: [
        'dead or changed rows in proportion to the threshold at which autovacuum begins.',
        'far above 1 a table bloats and plans get wrong.',
        `below 1, or for a short time above; a warning from ${thresholds.vacuumDue.ratio}.`,
        'the board "vacuum" tells who holds it back.'
      ],
      size: [12, 8],
      labels: tableLabels,
      columns: [
        {
          title: 'Vacuum due',
          unit: 'short',
          decimals: 2,
          expr: `topk(10, max ${by(...ofTable)} (${inDatabase('pg_table_vacuum_due_ratio')}))`,
          steps: above(thresholds.vacuumDue.ratio)
        },
        {
          title: 'Analyze due',
          unit: 'short',
          decimals: 2,
          expr: `max ${by(...ofTable)} (${inDatabase('pg_table_analyze_due_ratio')}) and ${on(...ofTable)} topk(10, max ${by(...ofTable)} (${inDatabase('pg_table_vacuum_due_ratio')}))`
        },
        {
          title: 'Dead rows',
          unit: 'short',
          expr: `max ${by(...ofTable)} (${inDatabase('pg_stat_user_tables_n_dead_tup')}) and ${on(...ofTable)} topk(10, max ${by(...ofTable)} (${inDatabase('pg_table_vacuum_due_ratio')}))`
        }
      ],
      sortBy: 'Vacuum due'
    })
  ]
}

export const databaseSize: Row = {
  title: 'Size and time',
  panels: [
    timeseries({
      title: 'Size, and where it goes',
      about: [
        'the size of the database, and what it would be in 30 days if it grew as in the last day; the dashed line is its quota.',
        'all databases share the disk.',
        'slow growth, below the quota.',
        'the board "storage".'
      ],
      unit: 'bytes',
      size: [12, 8],
      lines: [
        { expr: inDatabase('pg_database_size_bytes'), legend: 'size', colour: 'blue' },
        {
          // Half a day at least, for less says nothing of a month.
          expr: `predict_linear(${inDatabase('pg_database_size_bytes')}[1d], 30 * 86400) and ${inDatabase('pg_database_size_bytes')} offset 12h`,
          legend: 'in 30 days',
          dashed: true,
          colour: '#8e8e8e'
        },
        { expr: inDatabase('pg_database_quota_bytes'), legend: 'quota', dashed: true }
      ],
      links: ['storage']
    }),
    timeseries({
      title: 'Where the time goes',
      about: [
        'seconds in each second that sessions executed, of these those that read and wrote, and that they idled within a transaction.',
        'reading wants memory or an index; idling holds locks for nothing.',
        'mostly executing.',
        'the statements that wait for reads; the board "activity" for who idles.'
      ],
      unit: 'short',
      size: [12, 8],
      lines: [
        { expr: ratesBy(['datname'], inDatabase('pg_stat_database_active_time_seconds_total')), legend: 'executing', colour: 'green' },
        { expr: ratesBy(['datname'], inDatabase('pg_stat_database_blk_read_seconds_total')), legend: 'reading', colour: 'blue' },
        { expr: ratesBy(['datname'], inDatabase('pg_stat_database_blk_write_seconds_total')), legend: 'writing', colour: 'orange' },
        {
          expr: ratesBy(['datname'], inDatabase('pg_stat_database_idle_in_transaction_time_seconds_total')),
          legend: 'idle in transaction',
          colour: 'red'
        }
      ],
      links: ['queries', 'activity']
    })
  ]
}
