import { test } from 'tap'
import { atDetail } from '../../src/query/at-detail.ts'
import { details } from '../../src/query/detail.ts'
import { loadQueries } from '../../src/query/load.ts'
import { noRefusals, type Refusal, withoutRefused } from '../../src/server/refusals.ts'
import { sqlParts } from '../../src/server/sql-parts.ts'

/** The expressions that null replaces, by part; `-` if the rows depend on the part. */
function expressions(sql: string): readonly string[] {
  return sqlParts(sql).map(
    ({ key, expression }) => `${key}: ${expression === undefined ? '-' : sql.slice(expression.start, expression.end)}`
  )
}

function refuse(key: string, more: Partial<Refusal> = {}): ReadonlyMap<string, Refusal> {
  const refusal = {
    errorClass: 'unsupported',
    message: 'no',
    probe: '',
    isGranted: undefined,
    isMissing: false,
    isRow: false,
    retryAt: 0
  } as const
  return new Map([[key, { ...refusal, key, ...more }]])
}

test('null replaces the outermost expression around a call, because coalesce and count would return a number', async (t) => {
  t.same(expressions('select pg_catalog.f() as a, coalesce(pg_catalog.f(), 0) as b'), [
    'pg_catalog.f(): pg_catalog.f()',
    'pg_catalog.f(): coalesce(pg_catalog.f(), 0)'
  ])
  t.same(expressions('select count(*) filter (where x = f()) as a'), [
    'pg_catalog.count(…): count(*) filter (where x = f())',
    'pg_catalog.f(): count(*) filter (where x = f())'
  ])
  t.same(expressions('select (f() - g(1))::float8 as a'), ['pg_catalog.f(): f()', 'pg_catalog.g(1): g(1)'])
  t.same(
    expressions('select exists (select from pg_catalog.v as w) as a'),
    ['pg_catalog.v: (select from pg_catalog.v as w)'].map((one) => one.replace('(', 'exists ('))
  )
  t.same(expressions('select case when f() then g() else h() end as a'), [
    'pg_catalog.f(): case when f() then g() else h() end',
    'pg_catalog.g(): g()',
    'pg_catalog.h(): h()'
  ])
})

test('a part that determines the rows cannot be replaced', async (t) => {
  t.same(expressions('select x from pg_catalog.v where f()'), ['pg_catalog.v: -', 'pg_catalog.f(): -'])
  t.same(expressions('select x from a.t join a.u on f(t.x) order by g()'), ['a.t: -', 'a.u: -', 'pg_catalog.f(…): -', 'pg_catalog.g(): -'])
  t.same(expressions('select x from (select f() as x from pg_catalog.g() as o) as s'), ['pg_catalog.f(): f()', 'pg_catalog.g(): -'])
  t.same(expressions('select x in (select f()) as a from y'), ['pg_catalog.f(): -'])
})

test('strings, comments and keywords before parentheses are not parts', async (t) => {
  t.same(
    expressions(`select 'f()' as a, $$g()$$ as b, "h" as c, x::bit(3), extract(epoch from w.y) -- i()\n /* j() */ from z where x in ('1')`),
    []
  )
  t.same(expressions('select x is distinct from y.z as a'), [])
  t.same(expressions('select "My Schema".f(null) as a'), ['My Schema.f(null): "My Schema".f(null)'])
})

test('a refused function is not called, and the statement keeps its columns', async (t) => {
  const sql = 'select f() as a, g() as b'
  t.equal(withoutRefused(sql, noRefusals).sql, sql)
  t.equal(withoutRefused(sql, refuse('pg_catalog.f()')).sql, 'select (case when false then f() end) as a, g() as b')
  t.equal(withoutRefused('select f(1), g()', refuse('pg_catalog.f(…)')).sql, 'select (case when false then f(1) end) as "f", g()')
  t.equal(
    withoutRefused('select pg_is_in_recovery() as a', refuse('pg_catalog.pg_is_in_recovery()', { isMissing: true })).sql,
    'select null::boolean as a'
  )
  t.equal(
    withoutRefused('select c.x from pg_catalog.f() as c', refuse('pg_catalog.f()', { isRow: true })).sql,
    'select c.x from (select f.* from (select) as o left join pg_catalog.f() as f on false) as c'
  )
  t.equal(withoutRefused('select x from t where f()', refuse('pg_catalog.f()', { isRow: true })).sql, undefined)
  t.equal(withoutRefused('select x from pg_catalog.v', refuse('pg_catalog.v')).sql, undefined)
})

test('the parts of a query at a level of detail are those of the whole query', async (t) => {
  const partsOf = (sql: string) => [expressions(sql), sqlParts(sql).map(({ column, isSource, probe }) => ({ column, isSource, probe }))]
  for (const query of loadQueries()) {
    for (const level of details) t.same(partsOf(atDetail(query, level)?.sql ?? query.sql), partsOf(query.sql), `${query.file} ${level}`)
  }
})
