import { test } from 'tap'
import { atDetail } from '../../src/query/at-detail.ts'
import { details } from '../../src/query/detail.ts'
import { loadQueries } from '../../src/query/load.ts'
import { tuneQueries } from '../../src/query/tune.ts'

const queries = loadQueries()

function errorsOf(text: string): readonly string[] {
  try {
    tuneQueries(queries, text, 'PGVITALS_QUERIES')
    return []
  } catch (error) {
    return (error as AggregateError).errors.map((error: Error) => error.message)
  }
}

test('a query is disabled with all its variants, or tuned', async (t) => {
  const tuned = tuneQueries(queries, '{ stat_bgwriter: off, stat_user_tables: { interval: 60s, rows: 50, timeout: 1m, top: 40 } }', 'here')
  t.notOk(tuned.some((query) => query.name === 'stat_bgwriter'))
  t.match(
    tuned.find((query) => query.name === 'stat_user_tables'),
    { intervalSeconds: 60, maxRows: 50, timeoutSeconds: 60, top: { limit: 40 } }
  )
})

test('a tuned limit applies to every level of detail', async (t) => {
  const tuned = tuneQueries(queries, '{ stat_statements: { top: 70 } }', 'here').filter(({ name }) => name === 'stat_statements')
  for (const query of tuned) for (const level of details) t.equal(atDetail(query, level)?.top?.limit, 70)
})

test('the length of texts is tuned where a query reads texts', async (t) => {
  const tuned = tuneQueries(queries, '{ stat_statements_query_id: { text: 50 }, locks: { text: 50 } }', 'here')
  t.match(
    tuned.find((query) => query.name === 'stat_statements_query_id'),
    { statements: { kind: 'texts', everySeconds: 300, textLength: 50 } }
  )
  t.equal(tuned.find((query) => query.name === 'locks')?.statements, undefined)
})

test('the text may be empty or have no braces', async (t) => {
  t.equal(tuneQueries(queries, '', 'here').length, queries.length)
  t.equal(tuneQueries(queries, 'locks: off', 'here').length, queries.length - 1)
})

test('every error names the variable, the query and the key', async (t) => {
  t.match(errorsOf('{ lokcs: off, locks: 5, wal: { interval: 5, sleep: 1s } }'), [
    /^PGVITALS_QUERIES: unknown query "lokcs"/,
    /^PGVITALS_QUERIES: locks is 5; expected off/,
    /^PGVITALS_QUERIES: wal\.interval is 5; expected interval: 60s/,
    /^PGVITALS_QUERIES: wal\.sleep is "1s"/
  ])
  t.match(errorsOf('[locks]'), [/expected query names/])
  t.match(errorsOf('{ locks: '), [/^PGVITALS_QUERIES: /])
})
