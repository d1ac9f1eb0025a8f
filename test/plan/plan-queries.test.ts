import { test } from 'tap'
import { describePlan } from '../../src/plan/describe-plan.ts'
import { type Candidate, planQueries } from '../../src/plan/plan-queries.ts'
import type { Detail } from '../../src/query/detail.ts'
import { parseQuery } from '../../src/query/parse.ts'
import type { Query } from '../../src/query/query.ts'
import type { Refusal } from '../../src/server/refusals.ts'
import { statements } from '../statements/simulation.ts'
import { makeCandidate, makeExtension, makeFacts, writeQuery } from './make-candidate.ts'

const monitoring = makeFacts([18], { capabilities: new Set(['pg_monitor']) })

const withExtension = (...version: number[]) => makeFacts([18], { extensions: new Map([['ext', makeExtension(version)]]) })

/** `name@database`, followed by `!reason` where the query is skipped. */
function planOf(queries: readonly Query[], databases: readonly Candidate[], isAvoided?: (query: string, database: string) => boolean) {
  return planQueries(queries, databases, isAvoided).map(({ query, database, skipped }) => {
    const name = `${[query.name, ...(query.variant ?? [])].join('.')}@${database}`
    return skipped === undefined ? name : `${name}!${skipped}`
  })
}

test('the newest variant whose requirements are met runs, on an unknown newer version the newest', async (t) => {
  const queries = [writeQuery('b.13.sql', 'server'), writeQuery('b.17.sql', 'server')]
  t.same(planOf(queries, [makeCandidate('d', makeFacts([16, 4]))]), ['b.13@d'])
  t.same(planOf(queries, [makeCandidate('d', makeFacts([17, 0]))]), ['b.17@d'])
  t.same(planOf(queries, [makeCandidate('d', makeFacts([99, 1]))]), ['b.17@d'])
  t.same(planOf(queries, [makeCandidate('d', makeFacts([12, 9]))]), ['b.13@d!needs server >= 13, is 12.9'])
})

test('an upper bound excludes the whole major version', async (t) => {
  const queries = [writeQuery('b.sql', 'server', 'server < 17')]
  t.same(planOf(queries, [makeCandidate('d', makeFacts([16, 4]))]), ['b@d'])
  t.same(planOf(queries, [makeCandidate('d', makeFacts([17, 0]))]), ['b@d!needs server < 17, is 17.0'])
})

test('a query that compares with declared access runs only where access is declared', async (t) => {
  const queries = [writeQuery('q.sql', 'database', 'declared access')]
  const declared = makeCandidate('b', makeFacts(), { access: new Map([['alice', 'read']]) })
  t.same(planOf(queries, [makeCandidate('a', makeFacts()), declared]), ['q@a!needs declared access', 'q@b'])
})

test('a query is skipped where its tracking setting is off, a server-wide query only if it is off everywhere', async (t) => {
  const queries = [writeQuery('q.sql', 'server', 'setting track_counts'), writeQuery('t.sql', 'database', 'setting track_counts')]
  const off = (offIn: 'here' | 'everywhere') =>
    makeFacts([18], { tracking: new Map([['track_counts', { isOn: false, source: undefined, offIn }]]) })
  t.same(planOf(queries, [makeCandidate('a', off('here')), makeCandidate('b', makeFacts())]), [
    'q@a',
    't@a!tracking is off: track_counts',
    't@b'
  ])
  t.same(planOf(queries, [makeCandidate('a', off('everywhere'))]), [
    'q@a!tracking is off: track_counts',
    't@a!tracking is off: track_counts'
  ])
})

test('the variant for an extension depends on its version, in the database that has it', async (t) => {
  const queries = [writeQuery('s.1.8.sql', 'server', 'ext'), writeQuery('s.1.11.sql', 'server', 'ext')]
  t.same(planOf(queries, [makeCandidate('a', makeFacts()), makeCandidate('b', withExtension(1, 9))]), ['s.1.8@b'])
  t.same(planOf(queries, [makeCandidate('b', withExtension(1, 12))]), ['s.1.11@b'])
  t.same(planOf(queries, [makeCandidate('b', withExtension(1, 7))]), ['s.1.8@b!needs ext >= 1.8, is 1.7'])
  t.same(planOf(queries, [makeCandidate('a', makeFacts())]), ['s.1.8@a!needs ext >= 1.8, not installed here'])
})

test('a server-wide query runs once, where the role sees most, in the configured order between equals', async (t) => {
  const queries = [writeQuery('q.sql', 'server')]
  t.same(planOf(queries, [makeCandidate('a', makeFacts()), makeCandidate('b', makeFacts())]), ['q@a'])
  t.same(planOf(queries, [makeCandidate('a', makeFacts()), makeCandidate('b', monitoring)]), ['q@b'])
})

test('a server-wide query moves when its database is down, and stays planned when all are', async (t) => {
  const queries = [writeQuery('q.sql', 'server'), writeQuery('t.sql', 'database')]
  const down = makeCandidate('a', monitoring, { isUp: false })
  t.same(planOf(queries, [down, makeCandidate('b', makeFacts())]), ['q@b', 't@a', 't@b'])
  t.same(planOf(queries, [makeCandidate('a', undefined), makeCandidate('b', undefined)]), ['q@a', 't@a', 't@b'])
})

test('a server-wide query avoids the databases that refused it, unless all did', async (t) => {
  const queries = [writeQuery('q.sql', 'server'), writeQuery('r.sql', 'server')]
  const databases = [makeCandidate('a', makeFacts()), makeCandidate('b', makeFacts())]
  t.same(
    planOf(queries, databases, (query, database) => query === 'q' && database === 'a'),
    ['q@b', 'r@a']
  )
  t.same(
    planOf(queries, databases, () => true),
    ['q@a', 'r@a']
  )
})

/** What a database refuses of a query because of a privilege. */
function refuse(key: string): ReadonlyMap<string, Refusal> {
  const more = { probe: '', isGranted: undefined, isMissing: false, isRow: false, retryAt: 0 }
  return new Map([[key, { key, errorClass: 'privilege', message: 'permission denied', ...more }]])
}

test('a server-wide query runs without a refused column rather than in a database that is down', async (t) => {
  const query = parseQuery('q.sql', '-- Q.\n--\n-- scope: server\n-- gauge a: A.\nselect f() as a')
  const hindered = makeCandidate('a', makeFacts(), { refusals: refuse('pg_catalog.f()') })
  t.same(planOf([query], [hindered, makeCandidate('b', makeFacts())]), ['q@b'])
  t.same(planOf([query], [hindered, makeCandidate('b', makeFacts(), { isUp: false })]), ['q@a'])
})

test('a database without facts is not assumed to meet requirements that others do not meet', async (t) => {
  const databases = [makeCandidate('a', makeFacts()), makeCandidate('b', undefined)]
  t.same(planOf([writeQuery('s.sql', 'server', 'ext')], databases), ['s@a!needs ext, not installed here'])
})

test('before the first connection to a database, its queries have neither SQL nor a reason', async (t) => {
  const [planned] = planQueries([writeQuery('q.17.sql', 'database')], [makeCandidate('d', undefined)])
  t.match(planned, { sql: undefined, skipped: undefined })
})

test('a skipped query has no SQL but a reason: the role of the server, a missing capability', async (t) => {
  const queries = [writeQuery('s.sql', 'server', 'role standby'), writeQuery('c.sql', 'server', 'capability pg_monitor')]
  const plan = planQueries(queries, [makeCandidate('d', makeFacts())])
  t.match(plan, [
    { skipped: 'needs role standby', sql: undefined },
    { skipped: 'needs capability pg_monitor', sql: undefined }
  ])
  t.equal(describePlan('main', plan), 'server main: 0 queries run; skipped: s (needs role standby), c (needs capability pg_monitor)')
})

test('all missing requirements are reported, those of the variant that lacks fewest', async (t) => {
  const queries = [writeQuery('q.13.sql', 'server', 'capability pg_monitor'), writeQuery('q.17.sql', 'server', 'capability pg_monitor')]
  t.same(planOf(queries, [makeCandidate('d', makeFacts([16, 1]))]), ['q.13@d!needs capability pg_monitor'])
  t.same(planOf(queries, [makeCandidate('d', makeFacts([12, 1]))]), ['q.13@d!needs capability pg_monitor, needs server >= 13, is 12.1'])
})

test('one line describes which queries run and why the others do not', async (t) => {
  const queries = [writeQuery('q.13.sql', 'server'), writeQuery('t.sql', 'database', 'server >= 17')]
  const plan = planQueries(queries, [makeCandidate('d', makeFacts([15]))])
  t.equal(describePlan('main', plan), 'server main: 1 query runs: q.13; skipped: t in d (needs server >= 17, is 15)')
})

test('a query that is skipped in several databases for one reason is described once', async (t) => {
  const queries = [writeQuery('t.sql', 'database', 'server >= 17'), writeQuery('u.sql', 'database', 'capability pg_monitor')]
  const candidates = ['a', 'b', 'c'].map((name) =>
    makeCandidate(name, name === 'c' ? makeFacts([15], { capabilities: new Set(['pg_monitor']) }) : makeFacts([15]))
  )
  t.equal(
    describePlan('main', planQueries(queries, candidates)),
    'server main: 1 query runs: u; skipped: t in all databases (needs server >= 17, is 15), u in a, b (needs capability pg_monitor)'
  )
})

const merged = parseQuery('m.sql', '-- Q.\n--\n-- scope: server\n-- merge: datname\n-- label datname\n-- gauge a: A.\nselect 1 as a')
const owner = (role: string, ...capabilities: readonly string[]) => makeFacts([18], { role, capabilities: new Set(capabilities) })

/** `database of datname` for each place where the merged query runs. */
const placesOf = (databases: readonly Candidate[], isAvoided?: (query: string, database: string) => boolean) =>
  planQueries([merged], databases, isAvoided).map(({ database, datname }) => `${database} of ${datname || 'server'}`)

test('without pg_read_all_stats the databases of other roles contribute their own rows', async (t) => {
  const databases = [makeCandidate('a', owner('x')), makeCandidate('b', owner('x')), makeCandidate('c', owner('y'))]
  const [host, part] = planQueries([merged], databases)
  t.match(host, { database: 'a', datname: '', contributors: ['c'], sql: 'select 1 as a' })
  t.match(part, {
    database: 'c',
    datname: 'c',
    contributors: ['c'],
    sql: /^select t[.][*] from \(.*\) as t where t[.]"datname" = pg_catalog[.]current_database\(\)$/s
  })
  t.same(placesOf([...databases].reverse()), ['c of server', 'b of b', 'a of a'])
})

test('a role with pg_read_all_stats reads all rows alone, even if another has more capabilities', async (t) => {
  const seeing = makeCandidate('c', owner('y', 'pg_read_all_stats'))
  t.same(placesOf([makeCandidate('a', owner('x')), makeCandidate('b', owner('z', 'pg_monitor', 'pg_stat_statements')), seeing]), [
    'c of server'
  ])
})

test('if the server refuses a query to the role with pg_read_all_stats, the others read their own rows', async (t) => {
  const refusing = makeCandidate('a', owner('z', 'pg_read_all_stats'), { refusals: refuse('query m') })
  t.same(placesOf([refusing]), ['a of server'])
  t.same(placesOf([refusing, makeCandidate('b', owner('x')), makeCandidate('c', owner('y'))]), ['b of server', 'c of c'])
})

test('a database contributes if it can run the query and is not avoided, and to statements only while it is up', async (t) => {
  const host = makeCandidate('a', owner('x'))
  const other = makeCandidate('b', owner('y'))
  const down = { ...other, isUp: false }
  t.same(placesOf([host, down]), ['a of server', 'b of b'])
  const counted = { ...statements, merge: 'datname' }
  t.equal(planQueries([counted], [host, other]).length, 2)
  t.equal(planQueries([counted], [host, down]).length, 1)
  t.same(placesOf([host, makeCandidate('b', undefined)]), ['a of server'])
  t.same(
    placesOf([host, other], (_, database) => database === 'b'),
    ['a of server']
  )
  const query = { ...merged, requires: [{ kind: 'extension', name: 'ext', comparison: '>=', version: [] }] } as const
  const installed = (role: string) => ({ ...owner(role), extensions: withExtension(1).extensions })
  const plan = planQueries([query], [makeCandidate('a', installed('x')), other, makeCandidate('c', installed('z'))])
  t.same(
    plan.map(({ database }) => database),
    ['a', 'c']
  )
})

test('a query whose rows do not depend on the role runs once', async (t) => {
  const databases = [makeCandidate('a', owner('x')), makeCandidate('b', owner('y'))]
  t.same(planOf([writeQuery('q.sql', 'server')], databases), ['q@a'])
})

/** A query whose columns have these levels, in their order. */
const withDetails = (file: string, scope: string, ...details: readonly string[]) =>
  parseQuery(
    file,
    `-- Q.\n--\n-- scope: ${scope}\n-- requires: capability pg_monitor\n${details.map((detail, index) => `-- detail: ${detail}\n-- gauge a${index}: A.\n`).join('')}select 1`
  )

test('a query runs at the level of its server, a database-wide query at that of its database', async (t) => {
  const queries = [withDetails('s.sql', 'server', 'standard', 'full'), withDetails('d.sql', 'database', 'standard', 'full')]
  const at = (server: Detail, database: Detail) => makeCandidate('x', monitoring, { detail: { server, database } })
  t.same(planOf(queries, [at('minimal', 'full')]), ['s@x!needs detail: standard', 'd@x'])
  t.same(planOf(queries, [at('standard', 'minimal')]), ['s@x', 'd@x!needs detail: standard'])
  const columnsOf = (candidate: Candidate) => planQueries(queries, [candidate]).map(({ query }) => query.columns.length)
  t.same(columnsOf(at('standard', 'full')), [1, 2])
  t.same(columnsOf(makeCandidate('x', monitoring)), [2, 2], 'without a level everything is exported')
  const [planned] = planQueries(queries, [at('standard', 'full')])
  t.equal(planned?.sql, 'select t."a0" from (\nselect 1\n) as t')
})

test('the level is the reason even if a grant is missing too or the database was never reached', async (t) => {
  const queries = [withDetails('s.sql', 'server', 'standard')]
  const detail = { server: 'minimal', database: 'minimal' } as const
  t.same(planOf(queries, [makeCandidate('x', makeFacts(), { detail })]), ['s@x!needs detail: standard'])
  t.same(planOf(queries, [makeCandidate('x', undefined, { detail })]), ['s@x!needs detail: standard'])
})

test('a level below the newest variant does not bring back an older one', async (t) => {
  const queries = [withDetails('s.13.sql', 'server', 'standard'), withDetails('s.17.sql', 'server', 'full')]
  t.same(planOf(queries, [makeCandidate('x', monitoring, { detail: { server: 'standard', database: 'standard' } })]), [
    's.17@x!needs detail: full'
  ])
})

test('a refused function costs only its column at a lower level too', async (t) => {
  const query = parseQuery(
    's.sql',
    '-- S.\n--\n-- scope: server\n-- gauge a: A.\n-- gauge b: B.\n-- detail: full\n-- gauge c: C.\nselect 1 as a, pg_catalog.pg_ls_waldir() as b, 3 as c'
  )
  const refusal: Refusal = {
    key: 'pg_catalog.pg_ls_waldir()',
    errorClass: 'privilege',
    message: 'permission denied',
    probe: '',
    isGranted: undefined,
    isMissing: false,
    isRow: false,
    retryAt: 0
  }
  const candidate = makeCandidate('x', monitoring, {
    detail: { server: 'standard', database: 'standard' },
    refusals: new Map([[refusal.key, refusal]])
  })
  t.match(planQueries([query], [candidate])[0], {
    skipped: undefined,
    sql: 'select t."a", t."b" from (\nselect 1 as a, (case when false then pg_catalog.pg_ls_waldir() end) as b, 3 as c\n) as t'
  })
})
