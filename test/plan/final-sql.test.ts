import { test } from 'tap'
import { finalSql, ownRowsSql } from '../../src/plan/final-sql.ts'
import { loadQueries } from '../../src/query/load.ts'
import { parseQuery } from '../../src/query/parse.ts'
import { makeExtension, makeFacts } from './make-candidate.ts'

const write = (sql: string, requires = '') => parseQuery('q.sql', `-- Q.\n--\n-- scope: database\n${requires}-- gauge a: A.\n${sql}`)

const installedIn = (schema: string) => makeFacts([18], { extensions: new Map([['ext', makeExtension([1, 0], { schema })]]) })

test('objects of a required extension carry the schema where it is installed', async (t) => {
  const query = write('select public.ext_stats(a) from public.ext, public.other as a', '-- requires: ext\n')
  t.equal(finalSql(query, installedIn('"my $& ext"'), new Map()), 'select "my $& ext".ext_stats(a) from "my $& ext".ext, public.other as a')
  t.equal(finalSql(query, makeFacts(), new Map()), query.sql, 'not installed')
  t.equal(finalSql(write(query.sql), installedIn('x'), new Map()), query.sql, 'not required')
})

test('declared access is a literal in the SQL', async (t) => {
  const query = write("select pg_catalog.current_setting('pgvitals.access', true) as a")
  const access = new Map([["o'brien $&", 'read'] as const])
  t.equal(finalSql(query, makeFacts(), access), `select '{"o''brien $&":"read"}' as a`)
  t.equal(finalSql(query, makeFacts(), new Map()), "select '{}' as a")
})

test('other settings are read by the SQL itself', async (t) => {
  const query = write("select pg_catalog.current_setting('block_size', true) as a")
  t.equal(finalSql(query, makeFacts(), new Map()), query.sql)
})

test('the identifiers of wanted statement texts are a parameter', async (t) => {
  const texts = loadQueries().filter(({ statements }) => statements?.kind === 'texts')
  t.ok(texts.length > 0)
  for (const query of texts) {
    const sql = finalSql(query, makeFacts(), new Map())
    t.match(sql, '$1::text', query.file)
    t.notMatch(sql, 'pgvitals.wanted', query.file)
  }
})

test('rows that are counted are packed as labels, key and values, by name', async (t) => {
  const query = parseQuery(
    's.sql',
    `-- Q.
--
-- scope: server
-- top: 10 by calls_total
-- statements: counts
-- counter calls_total: C.
-- label user
-- label datname
-- key entry
-- counter seconds_total: S.
-- label queryid
-- counter rows_total: R.
select 1 -- the end`
  )
  t.equal(
    finalSql(query, makeFacts(), new Map()),
    'select row(t."user", t."datname", t."queryid")::text as labels, row(t."entry")::text as key, row(t."calls_total", t."seconds_total", t."rows_total")::text as numbers from (\nselect 1\n) as t'
  )
})

test('a database contributes its own rows and those of users that its role sees', async (t) => {
  const write = (label: string) => {
    const header = `-- Q.\n--\n-- scope: server\n-- merge: datname\n-- label datname\n${label}-- gauge a: A.`
    return parseQuery('q.sql', `${header}\nselect 1 -- the end`)
  }
  const own = 'select t.* from (\nselect 1 -- the end\n) as t where t."datname" = pg_catalog.current_database()'
  t.equal(ownRowsSql(write(''), 'select 1 -- the end'), own)
  t.equal(
    ownRowsSql(write('-- label usename\n'), 'select 1 -- the end'),
    `${own} or t."usename" in (select r.rolname from pg_catalog.pg_roles as r where pg_catalog.pg_has_role(r.oid, 'usage'))`
  )
})
