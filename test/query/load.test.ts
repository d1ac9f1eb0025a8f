import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Test, test } from 'tap'
import { loadQueries } from '../../src/query/load.ts'
import { files } from '../config/read-config.ts'

const good = '-- Orders that wait.\n--\n-- scope: database\n-- gauge waiting: Orders that wait.\nselect 1 as waiting;\n'

/** A user's folder with these files. */
function folderWith(t: Test, files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'pgvitals-queries-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return folder
}

function errorsIn(folder: string): readonly string[] {
  try {
    loadQueries({ folder, files })
    return []
  } catch (error) {
    return (error as AggregateError).errors.map((error: Error) => error.message.replace(`${folder}/`, ''))
  }
}

test("the built-in queries load, and those of the user's folder", async (t) => {
  const builtIn = loadQueries().length
  t.ok(builtIn > 20)
  const queries = loadQueries({ folder: folderWith(t, { 'orders.sql': good, 'notes.txt': 'not a query' }), files })
  t.equal(queries.length, builtIn + 1)
  t.match(queries.at(-1), { name: 'orders', prefix: 'pg_orders' })
})

test('a built-in query with counters is polled every 15 s: a longer interval distorts rate()', async (t) => {
  for (const query of loadQueries()) {
    const hasCounter = query.columns.some((column) => column.kind === 'counter')
    t.ok(!hasCounter || query.intervalSeconds === 15, query.file)
  }
})

test("a user's file cannot use the name or a metric of a built-in query", async (t) => {
  const errors = errorsIn(
    folderWith(t, {
      'locks.sql': good,
      'mine.sql': good.replace('scope: database', 'scope: database\n-- name: pg_locks').replaceAll('waiting', 'count'),
      'up.sql': good.replace('waiting:', 'value:').replace('as waiting', 'as value'),
      'more.sql': good.replace('scope: database', 'scope: database\n-- name: pg_settings')
    })
  )
  t.match(errors.join('\n'), /locks\.sql:1: the name locks belongs to a built-in query/)
  t.match(errors.join('\n'), /mine\.sql:1: the metric pg_locks_count already belongs to .*queries\/locks\.sql/)
  t.match(errors.join('\n'), /up\.sql:1: the metric pg_up is reserved for the exporter/)
  t.match(errors.join('\n'), /more\.sql:1: the metric pg_settings_waiting already belongs to .*queries\/settings\.sql/)
})

test('variants of one query must agree on what they share', async (t) => {
  const errors = errorsIn(
    folderWith(t, {
      'orders.13.sql': good,
      'orders.15.sql': good.replace('gauge', 'counter'),
      'orders.16.sql': good.replace('-- gauge waiting', '-- label state\n-- gauge waiting'),
      'orders.17.sql': good.replace('waiting: Orders that wait.', 'waiting: Other.')
    })
  )
  t.match(errors, [
    /^orders\.15\.sql:1: the type of waiting is counter here and gauge in/,
    /^orders\.16\.sql:1: labels is server, datname, state here/,
    /^orders\.17\.sql:1: the help of waiting/
  ])
  t.equal(errors.length, 3)
})

test('the errors of all files are reported together, also that of a missing folder', async (t) => {
  t.equal(errorsIn(folderWith(t, { 'a.sql': 'select 1', 'b.sql': 'select 1' })).length, 2 * 3)
  t.match(errorsIn('/nowhere'), [/^\/nowhere: cannot read the folder of queries: ENOENT/])
})
