import { test } from 'tap'
import { loadQueries } from '../../src/query/load.ts'
import { tuneQueries } from '../../src/query/tune.ts'

const queries = loadQueries()

function mistakesOf(text: string): readonly string[] {
  try {
    tuneQueries(queries, text, 'PGVITALS_QUERIES')
    return []
  } catch (error) {
    return (error as AggregateError).errors.map((mistake: Error) => mistake.message)
  }
}

test('a query is switched off, with all its variants, or tuned', async (t) => {
  const tuned = tuneQueries(queries, '{ stat_bgwriter: off, stat_user_tables: { interval: 60s, rows: 50, timeout: 1m, top: 40 } }', 'here')
  t.notOk(tuned.some((query) => query.name === 'stat_bgwriter'))
  t.match(
    tuned.find((query) => query.name === 'stat_user_tables'),
    { intervalSeconds: 60, maxRows: 50, timeoutSeconds: 60, top: { limit: 40 } }
  )
})

test('without braces and without anything it is YAML too', async (t) => {
  t.equal(tuneQueries(queries, '', 'here').length, queries.length)
  t.equal(tuneQueries(queries, 'locks: off', 'here').length, queries.length - 1)
})

test('every mistake names the variable, the query and the key', async (t) => {
  t.match(mistakesOf('{ lokcs: off, locks: 5, wal: { interval: 5, sleep: 1s } }'), [
    /^PGVITALS_QUERIES: there is no query "lokcs"/,
    /^PGVITALS_QUERIES: locks is 5; expected off/,
    /^PGVITALS_QUERIES: wal\.interval is 5; expected interval: 60s/,
    /^PGVITALS_QUERIES: wal\.sleep is "1s"/
  ])
  t.match(mistakesOf('[locks]'), [/expected query names/])
  t.match(mistakesOf('{ locks: '), [/^PGVITALS_QUERIES: /])
})
