import { test } from 'tap'
import { parseQuery } from '../../src/query/parse.ts'
import { arrayText, StatementTexts } from '../../src/statements/statement-texts.ts'

const query = parseQuery(
  'ids.sql',
  '-- T.\n--\n-- scope: server\n-- name: pg_statements\n-- statements: texts every 5m\n-- text: 20\n-- label queryid\n-- label query\n-- within database\n-- gauge query_id: T.\nselect 1'
)
const columns = ['queryid', 'query', 'database', 'query_id']
const shownIn = (id: string, ...datnames: readonly string[]) => datnames.map((datname) => ({ server: 's', datname, queryid: id }))
const found = (id: string, text: string, datname: string) => [id, text, datname, '1']
const isShown = (datname: string) => datname !== 'excluded'

/** Each text with the databases that ran it. */
const textsOf = (texts: StatementTexts, shown: ReturnType<typeof shownIn>) =>
  texts.texts(shown, { server: 's' }).texts.map(({ text, ranIn }) => [String(text), ranIn])

test('unknown statements that are shown are searched for, not more often than the interval', async (t) => {
  const texts = new StatementTexts(query)
  const shown = [...shownIn('1', 'a'), ...shownIn('2', 'a')]
  t.same(texts.wanted([], 0), [])
  t.same(texts.wanted(shown, 0), ['1', '2'])
  texts.learn(columns, [found('1', 'select\n 1 -- one', 'a')], { shown, isShown })
  t.same(textsOf(texts, shown), [['pg_statements_query_id{server="s",queryid="1",query="select 1"} 1\n', ['a']]])
  t.same(texts.wanted(shown, 299_000), [])
  t.same(texts.wanted(shown, 300_000), ['2'])
})

test('if a queryid has several texts, one is exported, visible only to the teams whose databases ran it', async (t) => {
  const texts = new StatementTexts(query)
  const shown = shownIn('1', 'a', 'b', 'c')
  const [ssn, other] = ['select ssn', 'select x']
  texts.learn(columns, [found('1', ssn, 'a'), found('1', other, 'b'), found('1', ssn, 'c')], { shown, isShown })
  t.match(textsOf(texts, shown), [[/query="select ssn"/, ['a', 'c']]])
  t.same(texts.wanted(shownIn('1', 'a', 'b'), 0), [], 'it was searched in both')
  const later = shownIn('1', 'a', 'd')
  t.same(texts.wanted(later, 0), ['1'], 'but not in a database that appeared later')
  texts.learn(columns, [found('1', other, 'b'), found('1', ssn, 'd')], { shown: later, isShown })
  t.match(textsOf(texts, shownIn('1', 'a', 'b', 'd')), [[/query="select ssn"/, ['d']]], 'the known text is kept while it runs anywhere')
})

test('the text of an excluded database does not represent that of another one', async (t) => {
  const texts = new StatementTexts(query)
  const shown = shownIn('1', 'a')
  texts.learn(columns, [found('1', 'select secret', 'excluded'), found('1', 'select 1', 'a')], { shown, isShown })
  t.match(textsOf(texts, shown), [[/query="select 1"/, ['a']]])
})

test('texts are cut to the length of the setting', async (t) => {
  const texts = new StatementTexts(query)
  const shown = shownIn('1', 'a')
  texts.learn(columns, [found('1', `select ${'x'.repeat(100)}`, 'a')], { shown, isShown })
  t.match(textsOf(texts, shown), [[/query="select x{12}…"/, ['a']]])
})

test('an array of ids is a text that PostgreSQL parses', async (t) => {
  t.equal(arrayText(['-1', 'a"b\\']), '{"-1","a\\"b\\\\"}')
  t.equal(arrayText([]), '{}')
})

test('databases that search separately add to the known texts, each not more often than the interval', async (t) => {
  const texts = new StatementTexts(query)
  const [a, b] = [shownIn('1', 'a'), shownIn('1', 'b')]
  t.same(texts.wanted(a, 0, 'a'), ['1'])
  t.same(texts.wanted(b, 0, 'b'), ['1'], 'the search in one database does not delay that in another')
  texts.learn(columns, [found('1', 'select 1', 'a')], { shown: a, isShown: (datname) => datname === 'a' })
  texts.learn(columns, [found('1', 'select 1', 'b')], { shown: b, isShown: (datname) => datname === 'b' })
  t.match(textsOf(texts, [...a, ...b]), [[/query="select 1"/, ['a', 'b']]])
  texts.learn(columns, [found('1', 'select ssn', 'b')], { shown: b, isShown: (datname) => datname === 'b' })
  t.match(textsOf(texts, [...a, ...b]), [[/query="select 1"/, ['a']]], 'the text of another database is kept')
  t.same(texts.wanted([...a, ...b], 300_000), [])
})
