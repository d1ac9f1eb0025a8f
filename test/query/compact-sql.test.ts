import { readFileSync } from 'node:fs'
import { test } from 'tap'
import { compactSql } from '../../src/query/compact-sql.ts'
import { loadQueries } from '../../src/query/load.ts'
import { sharedServer } from '../servers/shared-server.ts'

const cases = [
  ['select 1 -- one\n  as a', 'select 1 as a'],
  ['select /* a /* nested */ comment */ 1', 'select 1'],
  ['select(/* at the start */ 1 )', 'select(1)'],
  ["select '-- no comment', '/* neither */', 'it''s --'", "select '-- no comment', '/* neither */', 'it''s --'"],
  [`select 1 as "a -- b ""c /* d"`, `select 1 as "a -- b ""c /* d"`],
  ['select $$ -- text\n /* text */ $$, $a$ $$ -- $a$', 'select $$ -- text\n /* text */ $$, $a$ $$ -- $a$'],
  ["select E'\\' -- no comment', 1", "select E'\\' -- no comment', 1"],
  ["select 'a' -- continued\n  'b'", "select 'a'\n'b'"],
  ["select 'a\n   b'", "select 'a\n   b'"],
  ["select '\\' -- a backslash is no escape\n, 1", "select '\\' , 1"],
  ['select 1--1\n+1, 2 - -1, a$b$ from (select 1 as a$b$) -- x', 'select 1 +1, 2 - -1, a$b$ from (select 1 as a$b$)'],
  ['select 4/ /* divided */2', 'select 4/ 2'],
  ['-- only a comment', '']
] as const

test('comments and line breaks are removed outside strings and names', async (t) => {
  for (const [sql, expected] of cases) {
    t.equal(compactSql(sql), expected, sql)
    t.equal(compactSql(expected), expected, 'again')
  }
})

test('PostgreSQL returns the same for compact SQL', async (t) => {
  const server = await sharedServer()
  for (const [sql] of cases.slice(0, -1)) t.same(await server.sql('postgres', compactSql(sql)), await server.sql('postgres', sql), sql)
})

test('no built-in query is sent with a comment', async (t) => {
  for (const { file, sql } of loadQueries()) {
    t.notMatch(sql.replaceAll(/'[^']*'/g, ''), /--|\/\*|\n/, file)
    t.ok(sql.length < readFileSync(file, 'utf8').length, file)
  }
})
