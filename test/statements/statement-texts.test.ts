import { test } from 'tap'
import { parseQuery } from '../../src/query/parse.ts'
import { arrayText } from '../../src/server/array-text.ts'
import { StatementTexts } from '../../src/statements/statement-texts.ts'

const query = parseQuery(
  'ids.sql',
  '-- T.\n--\n-- scope: server\n-- name: pg_statements\n-- statements: texts every 5m\n-- text: 20\n-- label queryid\n-- label query\n-- within database\n-- gauge query_id: T.\nselect 1'
)
const columns = ['queryid', 'query', 'database', 'query_id']
const shownIn = (id: string, ...datnames: readonly string[]) => datnames.map((datname) => ({ server: 's', datname, queryid: id }))
const found = (id: string, text: string, datname: string) => [id, text, datname, '1']
const isShown = (datname: string) => datname !== 'excluded'

/** A search for the texts of the server, in a session of a database. */
const at = (database: string, now: number, datname = '') => ({ datname, database, now })

/** Each text with the databases that ran it. */
const textsOf = (texts: StatementTexts, shown: ReturnType<typeof shownIn>) =>
  texts.texts(shown, { server: 's' }).texts.map(({ text, ranIn }) => [String(text), ranIn])

test('unknown statements that are shown are searched for, not more often than the interval', async (t) => {
  const texts = new StatementTexts(query)
  const shown = [...shownIn('1', 'a'), ...shownIn('2', 'a')]
  t.equal(texts.wanted([], at('a', 0)), undefined)
  t.same(texts.wanted(shown, at('a', 0)), ['1', '2'])
  texts.learn(columns, [found('1', 'select\n 1 -- one', 'a')], at('a', 0), { shown, isShown })
  t.same(textsOf(texts, shown), [['pg_statements_query_id{server="s",queryid="1",query="select 1"} 1\n', ['a']]])
  t.equal(texts.wanted(shown, at('a', 299_000)), undefined)
  t.same(texts.wanted(shown, at('a', 300_000)), ['2'])
})

test('a failed search is repeated in another database at once, in the same one after the interval, also for known texts', async (t) => {
  const texts = new StatementTexts(query)
  const shown = shownIn('1', 'a')
  t.same(texts.wanted(shown, at('a', 0)), ['1'])
  texts.failed(new Error('invalid byte'), at('a', 0))
  t.equal(texts.wanted(shown, at('a', 299_000)), undefined)
  t.match(texts.error(''), { message: 'invalid byte' }, 'a search that is not repeated does not end the failure')
  t.same(texts.wanted(shown, at('b', 15_000)), ['1'])
  texts.failed(new Error('invalid byte'), at('b', 15_000))
  t.equal(texts.wanted(shown, at('b', 30_000)), undefined)
  t.same(texts.wanted([], at('a', 300_000)), [], 'otherwise the failure would not end')
  texts.learn(columns, [found('1', 'select 1', 'a')], at('a', 300_000), { shown, isShown })
  t.equal(texts.error(''), undefined)
  t.equal(texts.wanted(shown, at('a', 600_000)), undefined)
})

test('if a queryid has several texts, one is exported, visible only to the teams whose databases ran it', async (t) => {
  const texts = new StatementTexts(query)
  const shown = shownIn('1', 'a', 'b', 'c')
  const [ssn, other] = ['select ssn', 'select x']
  texts.learn(columns, [found('1', ssn, 'a'), found('1', other, 'b'), found('1', ssn, 'c')], at('a', 0), { shown, isShown })
  t.match(textsOf(texts, shown), [[/query="select ssn"/, ['a', 'c']]])
  t.equal(texts.wanted(shownIn('1', 'a', 'b'), at('a', 0)), undefined, 'it was searched in both')
  const later = shownIn('1', 'a', 'd')
  t.same(texts.wanted(later, at('a', 300_000)), ['1'], 'but not in a database that appeared later')
  texts.learn(columns, [found('1', other, 'b'), found('1', ssn, 'd')], at('a', 0), { shown: later, isShown })
  t.match(textsOf(texts, shownIn('1', 'a', 'b', 'd')), [[/query="select ssn"/, ['d']]], 'the known text is kept while it runs anywhere')
})

test('the text of an excluded database does not represent that of another one', async (t) => {
  const texts = new StatementTexts(query)
  const shown = shownIn('1', 'a')
  texts.learn(columns, [found('1', 'select secret', 'excluded'), found('1', 'select 1', 'a')], at('a', 0), { shown, isShown })
  t.match(textsOf(texts, shown), [[/query="select 1"/, ['a']]])
})

test('texts are cut to the length of the setting', async (t) => {
  const texts = new StatementTexts(query)
  const shown = shownIn('1', 'a')
  texts.learn(columns, [found('1', `select ${'x'.repeat(100)}`, 'a')], at('a', 0), { shown, isShown })
  t.match(textsOf(texts, shown), [[/query="select x{12}…"/, ['a']]])
})

test('an array of ids is a text that PostgreSQL parses', async (t) => {
  t.equal(arrayText(['-1', 'a"b\\']), '{"-1","a\\"b\\\\"}')
  t.equal(arrayText([]), '{}')
})

test('databases that search separately add to the known texts, each not more often than the interval', async (t) => {
  const texts = new StatementTexts(query)
  const [a, b] = [shownIn('1', 'a'), shownIn('1', 'b')]
  t.same(texts.wanted(a, at('a', 0, 'a')), ['1'])
  t.same(texts.wanted(b, at('b', 0, 'b')), ['1'], 'the search in one database does not delay that in another')
  texts.learn(columns, [found('1', 'select 1', 'a')], at('a', 0, 'a'), { shown: a, isShown: (datname) => datname === 'a' })
  texts.learn(columns, [found('1', 'select 1', 'b')], at('b', 0, 'b'), { shown: b, isShown: (datname) => datname === 'b' })
  t.match(textsOf(texts, [...a, ...b]), [[/query="select 1"/, ['a', 'b']]])
  texts.learn(columns, [found('1', 'select ssn', 'b')], at('b', 0, 'b'), { shown: b, isShown: (datname) => datname === 'b' })
  t.match(textsOf(texts, [...a, ...b]), [[/query="select 1"/, ['a']]], 'the text of another database is kept')
  t.equal(texts.wanted([...a, ...b], at('a', 300_000)), undefined)
})
