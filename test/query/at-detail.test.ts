import { test } from 'tap'
import { atDetail, detailOfFamily, lowestDetail } from '../../src/query/at-detail.ts'
import { details } from '../../src/query/detail.ts'
import { loadQueries } from '../../src/query/load.ts'
import { parseQuery } from '../../src/query/parse.ts'
import { columnNames, familiesOf, isValueColumn } from '../../src/query/query.ts'

const text = `-- T.
--
-- scope: database
-- top: 300 (minimal 20, standard 100) by c, a
--
-- label relname
-- gauge b: B.
-- detail: minimal
-- counter a: A.
-- detail: full
-- gauge c: C.
-- cut cut
select 1`

test('a detail applies to the value columns that follow it; the default is standard', async (t) => {
  const query = parseQuery('t.sql', text)
  t.same(
    query.columns.filter(isValueColumn).map(({ name, detail }) => [name, detail]),
    [
      ['b', 'standard'],
      ['a', 'minimal'],
      ['c', 'full']
    ]
  )
  const whole = parseQuery('w.sql', '-- W.\n--\n-- scope: server\n-- detail: full\n-- label x\n-- gauge a: A.\nselect 1 as a')
  t.same(whole.columns.at(-1), { kind: 'gauge', name: 'a', help: 'A.', detail: 'full' })
  t.equal(lowestDetail(whole), 'full')
})

test('a query at a level selects only the columns of the level, with its limit and ranking', async (t) => {
  const query = parseQuery('t.sql', text)
  const [minimal, standard, full] = details.map((detail) => atDetail(query, detail))
  t.same(
    minimal?.columns.map(({ name }) => name),
    ['relname', 'a', 'cut']
  )
  t.same(minimal?.top, { limit: 20, limits: {}, by: ['a'] })
  t.equal(minimal?.sql, 'select t."relname", t."a", t."cut" from (\nselect 1\n) as t')
  t.match(standard, { top: { limit: 100, by: ['a'] }, sql: 'select t."relname", t."b", t."a", t."cut" from (\nselect 1\n) as t' })
  t.match(full, { top: { limit: 300, by: ['c', 'a'] }, sql: 'select 1', columns: query.columns })
  t.equal(atDetail(query, 'minimal'), minimal, 'it is derived once')
  t.same(
    ['a', 'b', 'c'].map((name) => detailOfFamily(query, `pg_t_${name}`)),
    ['minimal', 'standard', 'full']
  )
})

test('a query that exports no column at a level is undefined at this level', async (t) => {
  const whole = parseQuery('w.sql', '-- W.\n--\n-- scope: server\n-- detail: standard\n-- gauge a: A.\nselect 1 as a')
  t.same(
    details.map((detail) => atDetail(whole, detail) === undefined),
    [true, false, false]
  )
})

test('each level of the built-in queries includes the previous one, and keeps what identifies a row', async (t) => {
  for (const query of loadQueries()) {
    const levels = details.map((detail) => atDetail(query, detail))
    t.same(levels.at(-1)?.columns, query.columns, query.file)
    for (const [index, level] of levels.entries()) {
      if (level === undefined) continue
      const [own, next] = [level, levels[index + 1] ?? level].map((one) => familiesOf(one).map(({ name }) => name))
      t.same(
        own?.filter((name) => !next?.includes(name)),
        []
      )
      for (const kind of ['label', 'key', 'within', 'cut', 'suffix'] as const) t.same(columnNames(level, kind), columnNames(query, kind))
      t.ok(level.top === undefined || level.top.by.length > 0, `${query.file} ranks its rows at ${details[index]}`)
    }
  }
})

test('the histogram of statements is standard', async (t) => {
  const statements = loadQueries().filter(({ statements }) => statements?.kind === 'counts')
  t.equal(statements.length, 4)
  for (const query of statements) {
    t.equal(detailOfFamily(query, 'pg_stat_statements_interval_mean_seconds'), 'standard')
    t.same(
      familiesOf(atDetail(query, 'minimal') ?? query).map(({ name }) => name),
      ['pg_stat_statements_calls_total', 'pg_stat_statements_seconds_total']
    )
  }
})
