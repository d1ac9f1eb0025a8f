import { test } from 'tap'
import { makeExporter, onlyEverySecond, until } from './exporter/run-exporter.ts'
import { runProcess, scrape } from './exporter/run-process.ts'
import { ageOf, allOf, parsePage, sampleValue } from './page/parse-page.ts'
import { createTeam } from './servers/create-team.ts'
import { sharedServer } from './servers/shared-server.ts'
import { freePort, startServer } from './servers/start-server.ts'
import { createTeamDatabases, teamEnvironment } from './servers/team-databases.ts'

/** Two server-wide queries and one that runs in every database. */
const some = onlyEverySecond('stat_database', 'locks', 'stat_user_tables')

test('invalid settings stop the start with a list of all errors and exit code 1', async (t) => {
  const { ended, output } = runProcess({ DATABASE_URL: 'postgresql://u:geheim@h:port/d', PGVITALS_PORT: 'x', PGVITALS_PROT: '1' })
  t.equal(await ended, 1)
  t.same(
    output()
      .trim()
      .split('\n')
      .map((line) => line.split(' ').slice(0, 2).join(' ')),
    ['pgvitals: PGVITALS_PROT:', 'pgvitals: PGVITALS_PORT:', 'pgvitals: DATABASE_URL:']
  )
  t.notMatch(output(), /geheim/)
})

test('an error in PGVITALS_QUERIES stops the start too', async (t) => {
  const { ended, output } = runProcess({ DATABASE_URL: 'postgresql://u:p@h/d', PGVITALS_QUERIES: 'lokcs: off' })
  t.equal(await ended, 1)
  t.match(output(), /^pgvitals: PGVITALS_QUERIES: unknown query "lokcs"/)
})

test('an unknown command is an error that lists the commands', async (t) => {
  const { ended, output } = runProcess({}, 'srve')
  t.equal(await ended, 1)
  t.match(output(), /unknown command "srve"[\s\S]*pgvitals queries/)
})

test('an unreachable server does not stop the start: pg_up is 0, and 1 soon after the server starts', async (t) => {
  const server = await startServer()
  t.teardown(() => server.remove())
  await createTeamDatabases(server)
  await server.stop()
  const port = await freePort()
  const pgvitals = runProcess({ ...teamEnvironment(server, 'pgvitals'), PGVITALS_PORT: String(port), PGVITALS_QUERIES: some })
  t.teardown(() => pgvitals.child.kill('SIGKILL'))

  await until(
    'every query is on the page',
    30,
    async () => (await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined))?.status === 200
  )
  const down = await scrape(port)
  t.equal(sampleValue(down, 'pg_up'), 0)
  t.equal(allOf(down, 'pg_database_up').length, 3)
  t.ok(allOf(down, 'pg_database_up').every(({ value }) => value === 0))
  t.equal(allOf(down, 'pgvitals_query_success', { query: '' }).length, 3, 'each database has one success for all of its queries')
  t.ok(allOf(down, 'pgvitals_query_success').every(({ value }) => value === 0))
  t.ok((sampleValue(down, 'pgvitals_errors_total', { datname: 'labeler', class: 'network' }) ?? 0) > 0)

  await server.start()
  await until('the server is up on the page', 10, async () => sampleValue(await scrape(port), 'pg_up') === 1)
  await until('every database is up on the page', 10, async () =>
    allOf(await scrape(port), 'pg_database_up').every(({ value }) => value === 1)
  )
  await until('every query succeeds', 10, async () => allOf(await scrape(port), 'pgvitals_query_success').every(({ value }) => value === 1))

  await server.stop()
  await until('the server is down on the page', 10, async () => sampleValue(await scrape(port), 'pg_up') === 0)
  await until(
    'its snapshots have expired after three intervals',
    10,
    async () => allOf(await scrape(port), 'pg_stat_database_xact_commit').length === 0
  )

  pgvitals.child.kill('SIGTERM')
  t.equal(await pgvitals.ended, 0)
  t.notMatch(pgvitals.output(), /secret/)
})

test('SIGTERM ends the process within 5 s with exit code 0 and no open session, even while a query hangs', async (t) => {
  const server = await startServer()
  t.teardown(() => server.remove())
  await createTeamDatabases(server)
  const port = await freePort()
  const pgvitals = runProcess({
    ...teamEnvironment(server, 'pgvitals'),
    PGVITALS_PORT: String(port),
    PGVITALS_QUERIES: some,
    PGVITALS_KEEP_SESSIONS: 'on'
  })
  t.teardown(() => pgvitals.child.kill('SIGKILL'))
  const sessions = async () =>
    (await server.sql('postgres', "select count(*)::int as n from pg_stat_activity where usename = 'pgvitals'"))[0]?.n
  await until('all sessions are open', 30, async () => (await sessions()) === 3)
  await until('all sessions are on the page', 10, async () => sampleValue(await scrape(port), 'pgvitals_sessions_open') === 3)

  const [{ pid } = {}] = await server.sql('postgres', "select pid from pg_stat_activity where usename = 'pgvitals' and datname = 'labeler'")
  process.kill(Number(pid), 'SIGSTOP')
  const times = async () =>
    allOf(await scrape(port), 'pgvitals_snapshot_timestamp_seconds', { datname: 'labeler', query: 'stat_user_tables' })
  await until('the query hangs', 20, async () => (await times()).some((sample) => ageOf(sample) > 1.5))
  pgvitals.child.kill('SIGTERM')
  await until('the process has ended', 5, () => pgvitals.child.exitCode !== null)
  t.equal(await pgvitals.ended, 0)
  process.kill(Number(pid), 'SIGCONT')
  await until('no session is open', 8, async () => (await sessions()) === 0)
})

test('sessions are replaced by age, and a database has one session at a time', async (t) => {
  const team = await createTeam()
  const environment = { ...team.environment('monitor'), PGVITALS_QUERIES: some, PGVITALS_KEEP_SESSIONS: 'on' }
  const { exporter, samples } = makeExporter(environment, { sessionMaxAgeSeconds: 2 })
  t.teardown(() => exporter.stop())
  await exporter.start()
  let most = 0
  await until('every database was connected to three times', 15, async () => {
    const [{ n } = {}] = await team.server.sql(
      'postgres',
      `select count(*)::int as n from pg_stat_activity where usename = '${team.monitor}'`
    )
    most = Math.max(most, Number(n))
    return allOf(await samples(), 'pgvitals_sessions_opened_total').every(({ value }) => value >= 3)
  })
  t.ok(most <= 3, `${most} sessions at most`)
  t.same(allOf(await samples(), 'pgvitals_errors_total'), [], 'no connection failed')
})

test('more databases than sessions are polled one after the other', async (t) => {
  const server = await sharedServer()
  const names = Array.from({ length: 9 }, (_, index) => `main${process.pid}_${index}`)
  await server.sql('postgres', ...names.map((name) => `create database ${name}`))
  const environment = Object.fromEntries(names.map((name) => [`${name.toUpperCase()}_DATABASE_URL`, server.url(name)]))
  const { exporter, samples } = makeExporter(environment, { queries: ['connections', 'stat_user_tables'] })
  t.teardown(() => exporter.stop())
  let most = 0
  const count = async () => {
    const [{ n } = {}] = await server.sql(
      'postgres',
      `select count(*)::int as n from pg_stat_activity where application_name = 'pgvitals' and datname like 'main${process.pid}_%'`
    )
    most = Math.max(most, Number(n))
  }
  const started = exporter.start()
  await until('every database was polled', 20, async () => {
    await count()
    return exporter.isReady() && allOf(await samples(), 'pg_database_up').length === 9
  })
  await started
  t.ok(most > 0 && most <= 4, `${most} sessions at most`)
  await until('only the session for server-wide queries stays open', 5, async () => {
    return sampleValue(await samples(), 'pgvitals_sessions_open') === 1
  })
})

test('pgvitals once prints the page and exits; pgvitals queries lists the files', async (t) => {
  const team = await createTeam()
  const once = runProcess({ ...team.environment('monitor'), PGVITALS_LOG_LEVEL: 'silent' }, 'once')
  t.equal(await once.ended, 0)
  for (const datname of [team.platform, team.users, team.labeler])
    t.equal(sampleValue(parsePage(once.output()), 'pg_database_up', { datname }), 1)
  const polled = runProcess(
    { ...team.environment('monitor'), PGVITALS_LOG_LEVEL: 'silent', PGVITALS_DETAIL: 'minimal' },
    'queries',
    '--poll'
  )
  t.equal(await polled.ended, 0)
  t.match(polled.output(), /^Server \S+, detail: minimal: \d+ series of queries\n\n/)
  t.match(polled.output(), /^ +\d+ {2}settings$/m)
  t.match(polled.output(), / 0 {2}stat_user_indexes \(skipped: needs detail: full\)\n/)
  const queries = runProcess({}, 'queries')
  t.equal(await queries.ended, 0)
  t.match(
    queries.output(),
    /queries\/stat_bgwriter\.17\.sql\n.*pg_stat_checkpointer[\s\S]*pg_stat_bgwriter_checkpoints_timed_total \(counter\)/
  )
  t.match(queries.output(), /every 15 s, detail: minimal, [\s\S]*pg_stat_statements_max_seconds \(gauge\), detail: full\n/)
})
