import { test } from 'tap'
import { runInParts } from '../../src/poll/run-in-parts.ts'
import { parseQuery } from '../../src/query/parse.ts'
import { makeSession } from './make-server.ts'

const query = parseQuery(
  'q.sql',
  "-- Q.\n--\n-- scope: server\n-- timeout: 30s\n-- parts: select oid from list\n-- label a\n-- gauge b: B.\n-- cut c\nselect pg_catalog.current_setting('pgvitals.parts', true)"
)
const all = Array.from({ length: 100 }, (_, index) => String(index + 1))

/** Runs a query whose parts have these errors; each run takes this time. */
async function run(errors: Readonly<Record<string, string>>, { seconds = 0, whole = Object.values(errors)[0] ?? '42501' } = {}) {
  let now = 0
  const runs: number[] = []
  const session = makeSession({
    run: async (sql, { parameters = [], timeoutSeconds }) => {
      if (sql === 'select oid from list') return { columns: ['oid'], rows: all.map((oid) => [oid]), cutRows: 0 }
      now += Math.min(seconds, timeoutSeconds) * 1000
      const oids = parameters[0]?.match(/\d+/g)
      runs.push(oids?.length ?? 0)
      const code = oids === undefined || oids === null ? whole : oids.map((oid) => errors[oid]).find((error) => error !== undefined)
      if (code !== undefined) throw Object.assign(new Error('cannot read'), { code })
      return { columns: ['a', 'b', 'c'], rows: (oids ?? []).map((oid) => [oid, '1', '2']), cutRows: 1 }
    }
  })
  const { answer: rows, ...found } = await runInParts(session, query, 'select 2', { now: () => now })
  const answer = { ...rows, ...found }
  return { answer, runs, seconds: now / 1000 }
}

test('the parts that fail are isolated, and all others are returned', async (t) => {
  const { answer, runs } = await run({ 37: '42501', 80: '58P01' })
  t.same(
    answer.rows.map(([oid]) => oid),
    all.filter((oid) => oid !== '37' && oid !== '80')
  )
  t.match(answer.failure, { errorClass: 'privilege', message: '2 parts are missing (oid 37, 80): cannot read (42501)' })
  t.ok(runs.length < 30, `${runs.length}`)
})

test('an object that was dropped between the runs does not cause a failure', async (t) => {
  const { answer } = await run({}, { whole: '3D000' })
  t.equal(answer.rows.length, 100)
  t.equal(answer.failure, undefined)
})

test('an error of every part is the error of the query, after a limited number of runs', async (t) => {
  const errors = Object.fromEntries(all.map((oid) => [oid, '42501']))
  await t.rejects(run(errors), { code: '42501' })
  await t.rejects(run({ 1: '42703' }), { code: '42703' }, 'an error of the SQL is not caused by one object')
})

test('after a timeout, the parts take ten seconds at most', async (t) => {
  const { answer, seconds } = await run({ 100: '57014' }, { seconds: 4 })
  t.ok(seconds <= 14, `${seconds}`)
  t.ok(answer.rows.length > 0)
  t.match(answer.failure, { errorClass: 'timeout', message: /^\d+ parts are missing/ })
})
