import { test } from 'tap'
import { render } from '../../src/metric/exposition.ts'
import { renderPage } from '../../src/page/page.ts'
import { readPageState, revisionOf, serversOf } from '../../src/page/page-state.ts'
import { textsAbout } from '../../src/page/selected-texts.ts'
import type { Found } from '../../src/poll/found.ts'
import type { Outcome } from '../../src/poll/poll-query.ts'
import { parseQuery } from '../../src/query/parse.ts'
import type { Session } from '../../src/server/session.ts'
import { makePoller } from '../poll/make-poller.ts'
import { connection, makeConnected, makeDatabase, makeFacts, makeServer, makeSession } from '../poll/make-server.ts'

const query = (name: string, scope: string) =>
  parseQuery(`${name}.sql`, `-- Q.\n--\n-- scope: ${scope}\n-- interval: 15s\n-- gauge a: A.\nselect 1 as a`)
const queries = [query('wide', 'database'), query('one', 'server')]
const discovery = { connection, include: [], exclude: [] }
const listed = (...names: readonly string[]) => names.map((name) => ({ name, isOpen: true }))

const resultOf = (datname: string, value: number): Outcome => ({
  seconds: 0.01,
  failure: undefined,
  result: {
    rows: 1,
    values: [],
    texts: render([{ family: { name: 'pg_x', type: 'gauge', help: 'X.' }, labels: { server: 's', datname }, value }]).texts,
    dropped: { rows: 0, budget: 0, bytes: 0, duplicate: 0, illegal: 0 }
  }
})

const succeeded = { succeededAt: 0, seconds: 0.01, rows: 1, failure: undefined }

test('each change of the page changes the revision', async (t) => {
  const server = makeServer(['a', 'b'], { discovery })
  const { poller } = makePoller(server, queries)
  const servers = [{ poller, disk: undefined }]
  const pageAt = (now: number) => {
    const state = readPageState({}, servers, { own: [], now, unixOffsetMs: 0, duplicates: [] })
    return state === undefined ? '' : String(Buffer.concat(renderPage(state).parts))
  }
  let [now, page, revision, changes] = [0, pageAt(0), revisionOf(servers), 0]
  const check = (step: string) => {
    const [nextPage, nextRevision] = [pageAt(now), revisionOf(servers)]
    if (nextPage !== page) {
      changes++
      t.not(nextRevision, revision, step)
    }
    ;[page, revision] = [nextPage, nextRevision]
  }
  const run = (name: string, found: Found, outcome: (datname: string) => Outcome) => {
    now += 20_000
    // Snapshots may have expired.
    page = pageAt(now)
    const cycle = poller.begin(name, now)
    if (cycle === undefined) return
    check(`begin ${name}`)
    if (found.kind === 'connected') poller.wanted(cycle, found.session, true, now)
    check(`wanted ${name}`)
    poller.learn(cycle, found, now)
    check(`learn ${name}`)
    for (let due = poller.next(cycle, now); due !== undefined; due = poller.next(cycle, now)) {
      check(`next ${name}`)
      poller.done(cycle, due, outcome(due.datname), now)
      check(`done ${due.query.name} ${due.datname}`)
    }
    poller.finish(cycle, now)
    check(`finish ${name}`)
  }
  let isOpen = true
  const session: Session = makeSession({ isOpen: () => isOpen })
  const failure = { errorClass: 'network', message: 'refused' } as const
  const expiry = { session: makeSession({ certificateExpiry: 2e9 }) }
  const monitor = { facts: makeFacts({ capabilities: new Set(['pg_monitor', 'pg_read_all_stats']) }) }
  run('a', makeConnected({ session, listed: listed('a', 'b', 'c') }), (datname) => resultOf(datname, 1))
  run('b', { kind: 'failed', failure, credential: undefined }, (datname) => resultOf(datname, 1))
  run('c', makeConnected(expiry), (datname) => resultOf(datname, 2))
  run('b', makeConnected(monitor), (datname) => resultOf(datname, 3))
  run('a', makeConnected({ session, listed: listed('a', 'b') }), () => ({ seconds: 1, result: undefined, failure }))
  run('a', makeConnected({ session, listed: { message: 'denied' } }), (datname) => resultOf(datname, 4))
  run('a', { kind: 'deferred' }, (datname) => resultOf(datname, 5))
  run('a', makeConnected({ session }), (datname) => resultOf(datname, 6))
  isOpen = false
  check('the session ends')
  poller.update(makeServer(['a'], { databases: [makeDatabase('a', { team: 't', quotaBytes: 7 })] }), queries, now)
  check('update')
  poller.update(makeServer(['a'], { databases: [makeDatabase('a', { team: 't', quotaBytes: 8 })] }), queries, now)
  check('another quota')
  t.ok(changes > 20, `${changes} changes`)
})

test('the first scrape of an idle server changes the interval on the page, and the revision', async (t) => {
  const { poller, scrapers, runCycle } = makePoller(makeServer(['a']), queries)
  const servers = [{ poller, disk: undefined }]
  runCycle({ name: 'a', found: makeConnected(), startedAt: 400_000 })
  t.equal(poller.intervals.get('a'), 60)
  const revision = revisionOf(servers)
  scrapers.scraped('prometheus', undefined, 410_000)
  poller.scraped(410_000)
  t.equal(poller.intervals.get('a'), 15)
  t.not(revisionOf(servers), revision)
})

test('the state of a page does not change while it is rendered', async (t) => {
  const { poller, runCycle } = makePoller(makeServer(['a'], { discovery }), queries)
  const state = () => readPageState({}, [{ poller, disk: undefined }], { own: [], now: 0, unixOffsetMs: 0, duplicates: [] })
  runCycle({ name: 'a', found: makeConnected({ listed: listed('a', 'b') }), startedAt: 0, outcome: resultOf('b', 1) })
  const before = state()
  runCycle({ name: 'a', found: makeConnected({ listed: listed('a') }), startedAt: 15_000 })
  t.same([before?.isSelected('s', ['b']), state()?.isSelected('s', ['b'])], [true, false])
})

test('the page of a team reads the snapshots of its databases and the server-wide ones, among any number of others', async (t) => {
  const names = Array.from({ length: 40 }, (_, index) => `d${index}`)
  const server = makeServer(names, { databases: names.map((name) => makeDatabase(name, { team: `team ${name}` })) })
  const { poller } = makePoller(server, queries)
  const other = makePoller(makeServer(['x'], { name: 'other' }), queries).poller
  for (const datname of ['', ...names]) {
    const rows = (datname === '' ? names : [datname]).flatMap((name) => resultOf(name, 1).result?.texts ?? [])
    poller.snapshots.put({ datname, query: datname === '' ? 'one' : 'wide', intervalSeconds: 15, ...succeeded, texts: rows })
  }
  // A database of another team that contributes rows of `d7`, and one whose poll failed.
  poller.snapshots.put({ datname: 'd8', query: 'one', intervalSeconds: 15, ...succeeded, texts: resultOf('d7', 2).result?.texts ?? [] })
  poller.snapshots.fail('d9', 'other', 15, 1, { errorClass: 'other', message: 'failed' })
  const servers = [poller, other].map((one) => ({ poller: one, disk: undefined }))
  const circumstances = { own: [], now: 0, unixOffsetMs: 0, duplicates: [] }
  const state = readPageState({ team: 'team d7' }, servers, circumstances)
  t.same(
    state?.snapshots.map(({ datname, query: name }) => `${datname} ${name}`),
    [' one', 'd7 wide', 'd8 one']
  )
  t.equal(serversOf({ team: 'team d7' }, servers).length, 1)
  const pageOf = (one: typeof state) => String(Buffer.concat(one === undefined ? [] : renderPage(one).parts))
  // The same page is a filtered one of everything.
  const { snapshots } = readPageState({}, servers, circumstances) ?? { snapshots: [] }
  t.equal(pageOf(state), pageOf(state && { ...state, snapshots, databases: new Map() }))
  t.match(pageOf(state), /^pg_x\{.*datname="d7"\} 1$/m)
  t.notMatch(pageOf(state), /"d6"/)
  poller.snapshots.keepOnly((datname) => datname === '')
  t.equal(readPageState({ team: 'team d7' }, servers, circumstances)?.snapshots.length, 1)
})

test('the rows of other databases are not read again for each page', async (t) => {
  let reads = 0
  const all = Array.from({ length: 1000 }, (_, index) => resultOf(`d${index}`, 1).result?.texts ?? []).flat()
  const whole = [...all, ...(resultOf('', 1).result?.texts ?? [])]
  const texts = new Proxy(whole, {
    get: (target, key, receiver) => {
      if (/^\d+$/.test(String(key))) reads++
      return Reflect.get(target, key, receiver)
    }
  })
  textsAbout(texts, ['d1'])
  reads = 0
  t.same(textsAbout(texts, ['d500', 'd3']), [whole[3], whole[500], whole[1000]], 'in the given order')
  t.equal(reads, 3)
})
