import { test } from 'tap'
import { QueryMemories } from '../../src/poll/query-memories.ts'
import { loadQueries } from '../../src/query/load.ts'
import { parseQuery } from '../../src/query/parse.ts'

const write = (file: string, counters: string, top = '-- top: 20 by calls_total\n') =>
  parseQuery(file, `-- S.\n--\n-- scope: server\n${top}-- requires: server >= 13\n-- label queryid\n${counters}\nselect 1`)

const calls = '-- counter calls_total: C.'

test('a query keeps its memory until another variant, other columns or another ranking take over', async (t) => {
  const memories = new QueryMemories()
  const of = (file: string, counters: string, top?: string) => memories.of(write(file, counters, top), '', {})
  const first = of('statements.13.sql', calls)
  t.ok(first)
  t.equal(of('statements.13.sql', calls), first)
  t.equal(of('statements.13.sql', calls, '-- top: 30 by calls_total\n'), first, 'another limit')
  const second = of('statements.18.sql', calls)
  t.not(second, first)
  const more = `${calls}\n-- counter rows_total: R.`
  const third = of('statements.18.sql', more)
  t.not(third, second)
  t.not(of('statements.18.sql', more, '-- top: 20 by rows_total\n'), third)
  t.not(of('statements.13.sql', calls), first, 'an earlier memory has missed polls and is not used again')
})

test('a query without a limit has no memory', async (t) => {
  t.equal(new QueryMemories().of(write('q.sql', calls, ''), '', {}), undefined)
})

test('each database has its own memory, which ends with the database', async (t) => {
  const memories = new QueryMemories()
  const of = (datname: string) => memories.of(write('q.sql', calls), datname, {})
  const [a, b] = [of('a'), of('b')]
  t.not(a, b)
  memories.forget('a')
  t.not(of('a'), a)
  t.equal(of('b'), b)
})

test('the built-in statement queries have memories of their kinds, and texts are read for the statements that are counted', async (t) => {
  const memories = new QueryMemories()
  const kinds = new Map(
    loadQueries()
      .filter(({ statements }) => statements !== undefined)
      .map((query) => [query.statements?.kind, memories.of(query, '', { server: 's' })])
  )
  t.match(kinds.get('counts'), { kind: 'counts' })
  const texts = kinds.get('texts')
  t.same(texts?.kind === 'texts' && texts.shown(), [], 'none so far')
})

test('a database that no longer contributes to a server-wide query loses its memory', async (t) => {
  const memories = new QueryMemories()
  const of = (datname: string) => memories.of(write('q.sql', calls), datname, {})
  const [server, a, b] = [of(''), of('a'), of('b')]
  memories.keepContributors((datname) => datname === 'b')
  t.equal(of(''), server)
  t.not(of('a'), a)
  t.equal(of('b'), b)
})
