import { test } from 'tap'
import { TopRows } from '../../src/metric/top-rows.ts'
import type { DueQuery } from '../../src/poll/due-query.ts'
import { pollQuery } from '../../src/poll/poll-query.ts'
import { parseQuery } from '../../src/query/parse.ts'
import type { Answer } from '../../src/server/received-answer.ts'
import type { RunOptions } from '../../src/server/session.ts'
import { StatementTexts } from '../../src/statements/statement-texts.ts'
import { makeSession } from './make-server.ts'

const header = '-- Q.\n--\n-- scope: server\n-- label datname\n-- gauge a: A.\n-- gauge b: B.\n'

function due(more: Partial<DueQuery> = {}): DueQuery {
  return {
    query: parseQuery('q.sql', `${header}select 1`),
    sql: 'select 2',
    datname: '',
    contributors: [],
    database: 'd',
    intervalSeconds: 15,
    labels: { server: 's' },
    memory: undefined,
    isShown: () => true,
    limitOf: limitOf(1000),
    maxRows: 1000,
    limit: 0,
    epoch: '',
    seenUntil: 0,
    isOwnRole: () => false,
    isIdle: false,
    ...more
  }
}

/** A limit for each database. */
function limitOf(samples: number, bytes = Number.POSITIVE_INFINITY): DueQuery['limitOf'] {
  return () => ({ samples, bytes })
}

const columns = ['datname', 'a', 'b']

/** Polls a query on a session that returns this answer or throws this error two seconds later, on a virtual clock. */
async function poll(query: DueQuery, end: Partial<Answer> | Error) {
  let now = 0
  const runs: (readonly [string, RunOptions])[] = []
  const session = makeSession({
    run: async (sql, options) => {
      runs.push([sql, options])
      now += 2000
      if (end instanceof Error) throw end
      return { columns, rows: [], cutRows: 0, ...end }
    }
  })
  return { outcome: await pollQuery(session, query, { now: () => now }), runs }
}

const textOf = (texts: readonly { readonly text: Buffer }[] = []) => texts.map(({ text }) => String(text)).join('')

test('the result of a query without its activity is empty, and the query is not sent', async (t) => {
  const { outcome, runs } = await poll(due({ isIdle: true }), { rows: [['d', '1', '2']] })
  t.match(outcome, { seconds: 0, failure: undefined, result: { rows: 0, texts: [] } })
  t.same(runs, [])
})

test('the result of a poll is its rendered rows, with its duration', async (t) => {
  const { outcome, runs } = await poll(due(), {
    rows: [
      ['d', '1', '2'],
      ['e', '3', null]
    ]
  })
  t.match(outcome, {
    seconds: 2,
    failure: undefined,
    result: { rows: 2, dropped: { rows: 0, budget: 0, bytes: 0, duplicate: 0, illegal: 0 } }
  })
  t.equal(
    textOf(outcome.result?.texts),
    'pg_q_a{server="s",datname="d"} 1\npg_q_a{server="s",datname="e"} 3\npg_q_b{server="s",datname="d"} 2\n'
  )
  t.match(runs, [['select 2', { timeoutSeconds: due().query.timeoutSeconds, maxRows: due().query.maxRows }]])
})

test('the row limit applies to each database', async (t) => {
  const rows = [...Array.from({ length: 50 }, (_, index) => ['hostile', String(index)]), ['victim', 'a'], ['victim', 'b']]
  const query = parseQuery('q.sql', '-- Q.\n--\n-- scope: server\n-- rows: 5\n-- within datname\n-- label a\n-- gauge b: B.\nselect 1')
  const { outcome } = await poll(due({ query }), { columns: ['datname', 'a', 'b'], rows: rows.map((row) => [...row, '1']) })
  t.equal(outcome.result?.dropped.rows, 45)
  t.same(
    outcome.result?.texts.map(({ datname, samples }) => [datname, samples]),
    [
      ['hostile', 5],
      ['victim', 2]
    ]
  )
})

test('long labels are cut and counted, and different ones remain different', async (t) => {
  const query = parseQuery('q.sql', '-- Q.\n--\n-- scope: server\n-- label a\n-- gauge b: B.\nselect 1')
  const rows = Array.from({ length: 20 }, (_, index) => [`${'x'.repeat(1_000_000)}${index}`, '1'])
  const { outcome } = await poll(due({ query }), { columns: ['a', 'b'], rows })
  const { texts = [], textBytesCut, dropped } = outcome.result ?? {}
  t.ok(textOf(texts).length < 25_000, `${textOf(texts).length} bytes`)
  t.equal(texts[0]?.samples, 20)
  t.equal(dropped?.duplicate, 0)
  t.equal(textBytesCut, 10 * (1_000_001 - 1024) + 10 * (1_000_002 - 1024))
})

test('samples that are missing are counted by reason, a row with all its value columns', async (t) => {
  const rows = [
    ['d', '1', '2'],
    ['e', 'x', '3'],
    ['f', '4', '5']
  ]
  const { outcome } = await poll(due({ limitOf: (datname) => limitOf(datname === 'f' ? 1 : 2)(datname) }), { rows, cutRows: 5 })
  t.same(outcome.result?.dropped, { rows: 10, budget: 2, bytes: 0, duplicate: 0, illegal: 1 })
  const twice = await poll(due(), {
    rows: [
      ['d', '1', '2'],
      ['d', '3', '4']
    ]
  })
  t.equal(twice.outcome.result?.dropped.duplicate, 2)
})

test('rows of databases that are not shown are dropped without being counted', async (t) => {
  const { outcome } = await poll(due({ isShown: (datname) => datname !== 'e' }), {
    rows: [
      ['d', '1', '2'],
      ['e', '3', '4']
    ]
  })
  t.notMatch(textOf(outcome.result?.texts), '"e"')
  t.same(outcome.result?.dropped, { rows: 0, budget: 0, bytes: 0, duplicate: 0, illegal: 0 })
})

test('a limited query shows the rows that rank first and counts the others', async (t) => {
  const query = parseQuery('q.sql', `${header.replace('-- label', '-- top: 1 by a\n-- label')}select 1`)
  const { outcome } = await poll(due({ query, limit: 1, memory: { kind: 'top', top: new TopRows(query) } }), {
    rows: [
      ['d', '1', '2'],
      ['e', '3', '4']
    ]
  })
  t.equal(textOf(outcome.result?.texts), 'pg_q_a{server="s",datname="e"} 3\npg_q_b{server="s",datname="e"} 4\n')
  t.equal(outcome.result?.dropped.rows, 2)
})

test('a failed poll is an outcome with its class', async (t) => {
  const { outcome } = await poll(due(), Object.assign(new Error('permission denied'), { code: '42501' }))
  t.same(outcome, { seconds: 2, result: undefined, failure: { errorClass: 'privilege', message: 'permission denied (42501)' } })
})

test('columns other than those of the header fail the query', async (t) => {
  const { outcome } = await poll(due(), { columns: ['datname', 'a', 'c'] })
  t.match(outcome.failure, { errorClass: 'schema', message: /missing: b; surplus: c/ })
})

test('texts are read for the statements that are shown and unknown, and not at all without any', async (t) => {
  const query = parseQuery(
    'texts.sql',
    `-- T.\n--\n-- scope: server\n-- statements: texts every 5m\n-- label queryid\n-- label query\n-- within datname\n-- gauge value: V.\nselect 1`
  )
  const texts = new StatementTexts(query)
  const withShown = (...ids: readonly string[]) =>
    due({ query, memory: { kind: 'texts', texts, shown: () => ids.map((queryid) => ({ queryid, datname: 'd' })) } })
  const none = await poll(withShown(), {})
  t.equal(none.runs.length, 0)
  t.match(none.outcome.result, { rows: 0, texts: [] })
  const answer = { columns: ['queryid', 'query', 'datname', 'value'], rows: [['1', 'select $1', 'd', '1']] }
  const { outcome, runs } = await poll(withShown('1', '2'), answer)
  t.match(runs, [['select 2', { parameters: ['{"1","2"}'] }]])
  t.match(textOf(outcome.result?.texts), 'queryid="1",query="select $1"')
  const again = await poll(withShown('1'), answer)
  t.equal(again.runs.length, 0, 'known')
  t.match(textOf(again.outcome.result?.texts), 'queryid="1",query="select $1"')
})

test('after a failed search, known texts are exported and every poll fails until a search succeeds', async (t) => {
  const query = parseQuery(
    'texts.sql',
    `-- T.\n--\n-- scope: server\n-- statements: texts every 5m\n-- label queryid\n-- label query\n-- within datname\n-- gauge value: V.\nselect 1`
  )
  const texts = new StatementTexts(query)
  const shown = () => [{ queryid: '1', datname: 'd' }]
  const within = (database: string) => due({ query, database, memory: { kind: 'texts', texts, shown } })
  const failed = await poll(within('d'), Object.assign(new Error('invalid byte'), { code: '22021' }))
  t.match(failed.outcome, { failure: { errorClass: 'encoding' }, isUntried: false, result: { texts: [] } })
  const untried = await poll(within('d'), {})
  t.match(untried, { runs: [], outcome: { failure: { errorClass: 'encoding' }, isUntried: true } })
  const columns = ['queryid', 'query', 'datname', 'value']
  const other = await poll(within('e'), { columns, rows: [['1', 'select 1', 'd', '1']] })
  t.match(other.outcome, { failure: undefined, isUntried: false })
  t.match(textOf(other.outcome.result?.texts), 'query="select 1"')
})

test('a result with the same bytes is neither decoded nor rendered', async (t) => {
  const query = parseQuery('q.sql', `${header.replace('-- label', '-- top: 2 by a\n-- label')}select 1`)
  const usual = { query, limit: 2, memory: { kind: 'top', top: new TopRows(query) } } as const
  const rows = [
    ['d', '1', '2'],
    ['e', '3', '4'],
    ['e', '5', '6']
  ]
  const first = (await poll(due(usual), { rows, digest: 'x' })).outcome.result
  const again = async (more: Partial<DueQuery> = {}, end: Partial<Answer> = {}) =>
    (await poll(due({ ...usual, rendered: first?.rendered, ...more }), { rows, digest: 'x', ...end })).outcome.result
  const undecoded: Answer = {
    columns,
    cutRows: 0,
    digest: 'x',
    get rows(): Answer['rows'] {
      throw new Error('decoded')
    }
  }
  const session = makeSession({ run: async () => undecoded })
  const { result } = await pollQuery(session, due({ ...usual, rendered: first?.rendered }), { now: () => 0 })
  t.ok(first && result?.texts.every(({ text }, index) => text === first.texts[index]?.text), 'the same buffers')
  t.same({ ...result, rendered: undefined }, { ...first, rendered: undefined })
  t.equal(result?.rendered, first?.rendered, 'for the next poll')
  const isSame = (other: typeof first) => other?.texts[0]?.text === first?.texts[0]?.text
  t.ok(isSame(await again()))
  for (const [what, other] of Object.entries({
    'other bytes': await again({}, { digest: 'y' }),
    'an answer without a digest': await again({}, { digest: undefined }),
    'another query': await again({ query: { ...query } }),
    'another limit of rows': await again({ limit: 1 }),
    'fewer samples': await again({ limitOf: limitOf(1) }),
    'fewer bytes': await again({ limitOf: limitOf(2, 10) }),
    'a database that is no longer shown': await again({ isShown: (datname) => datname !== 'e' })
  })) {
    t.notOk(isSame(other), what)
  }
  t.equal((await again({ limitOf: limitOf(1) }))?.dropped.budget, 6)
})

test('a result that was cut by the sample limit is rendered again', async (t) => {
  const rows = [
    ['d', '1', '2'],
    ['e', '3', '4']
  ]
  const cut = (await poll(due({ limitOf: limitOf(1) }), { rows, digest: 'x' })).outcome.result
  const { query } = cut?.rendered ?? {}
  const whole = await poll(due({ ...(query && { query }), rendered: cut?.rendered }), { rows, digest: 'x' })
  t.equal(whole.outcome.result?.dropped.budget, 0)
  t.match(textOf(whole.outcome.result?.texts), 'pg_q_a{server="s",datname="e"} 3')
})
