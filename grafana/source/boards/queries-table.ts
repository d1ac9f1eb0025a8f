import { gainsBy, inDatabase, on, onServer, type SeriesName } from '../house/expression.ts'
import { table } from '../house/table.ts'

const statement = ['datname', 'user', 'queryid']
const gain = (metric: SeriesName) => gainsBy(statement, inDatabase(metric))
const before = (metric: SeriesName) =>
  `sum by (job, instance, server, ${statement.join(', ')}) (increase(${inDatabase(metric)}[$__range] offset 1w))`
const time = gain('pg_stat_statements_seconds_total')
const calls = gain('pg_stat_statements_calls_total')
const timeBefore = before('pg_stat_statements_seconds_total')
const callsBefore = before('pg_stat_statements_calls_total')
/** The largest of all chosen databases, so that the table has as many lines as was chosen. */
const largest = `topk($topn, ${time})`
const among = (expression: string) => `${expression} and ${on(...statement)} ${largest}`
const share = (part: string, whole: string) => among(`${part} / (${part} + ${whole} > 0)`)

/** The one wide table: a line for each of the statements that took most time. */
export const statementsTable = table({
  title: 'Statements that took most time',
  about: [
    'the statements that executed longest in all, within the range that is shown. "More calls" and "Slower" split the change since a week before in seconds.',
    'to make the first one faster helps most.',
    'the same ones every day, as fast as a week before.',
    'a click on the statement.'
  ],
  size: [24, 11],
  labels: [
    { label: 'queryid', title: 'Statement', width: 170, links: ['query'] },
    { label: 'query', title: 'Text' },
    { label: 'datname', title: 'Database', width: 90, links: ['database'] },
    { label: 'user', title: 'User', width: 90 }
  ],
  columns: [
    {
      title: 'Time',
      unit: 's',
      width: 75,
      expr: `${largest} * ${on('queryid')} group_left (query) ${onServer('pg_stat_statements_query_id')} or ${on(...statement)} ${largest}`
    },
    {
      title: 'Share',
      unit: 'percentunit',
      width: 70,
      decimals: 0,
      expr: among(
        `${time} / ${on()} group_left () (sum by (job, instance, server) (increase(${inDatabase('pg_stat_statements_seconds_total')}[$__range])) > 0)`
      )
    },
    { title: 'Calls', unit: 'short', width: 75, expr: among(calls) },
    { title: 'Mean', unit: 's', width: 80, expr: among(`${time} / (${calls} > 0)`) },
    { title: 'Mean a week before', unit: 's', width: 80, expr: among(`${timeBefore} / (${callsBefore} > 0)`) },
    { title: 'More calls', unit: 's', width: 80, expr: among(`(${calls} - ${callsBefore}) * ${timeBefore} / (${callsBefore} > 0)`) },
    { title: 'Slower', unit: 's', width: 80, expr: among(`(${time} / (${calls} > 0) - ${timeBefore} / (${callsBefore} > 0)) * ${calls}`) },
    { title: 'Rows a call', unit: 'short', width: 80, expr: among(`${gain('pg_stat_statements_rows_total')} / (${calls} > 0)`) },
    {
      title: 'Cache hits',
      unit: 'percentunit',
      width: 80,
      decimals: 0,
      expr: share(gain('pg_stat_statements_shared_hit_bytes_total'), gain('pg_stat_statements_shared_read_bytes_total'))
    },
    { title: 'Temporary', unit: 'bytes', width: 85, expr: among(gain('pg_stat_statements_temp_written_bytes_total')) },
    { title: 'WAL', unit: 'bytes', width: 80, expr: among(gain('pg_stat_statements_wal_bytes_total')) },
    { title: 'Planning', unit: 's', width: 80, expr: among(gain('pg_stat_statements_plan_seconds_total')) }
  ],
  sortBy: 'Time',
  empty: 'Needs the extension pg_stat_statements'
})
