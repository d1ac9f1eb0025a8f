import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Test, test } from 'tap'
import { loadQueries } from '../src/query/load.ts'
import { everySecond, makeExporter, onlyEverySecond, until } from './exporter/run-exporter.ts'
import { type RunningProcess, runProcess, scrape } from './exporter/run-process.ts'
import { ageOf, allOf, parsePage, sampleValue } from './page/parse-page.ts'
import { createTeam, type Team } from './servers/create-team.ts'
import { sharedServer } from './servers/shared-server.ts'
import { freePort } from './servers/start-server.ts'

interface Running {
  readonly team: Team
  readonly process: RunningProcess
  readonly port: number
  readonly write: (name: string, text: string) => void
}

/** Starts pgvitals with these databases on the shared server; the file `password` contains the password. */
async function start(t: Test, databases: (team: Team) => string, queries: string): Promise<Running> {
  const team = await createTeam()
  const folder = mkdtempSync(join(tmpdir(), 'pgvitals-reload-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const write = (name: string, text: string) => {
    writeFileSync(join(folder, 'new'), text)
    renameSync(join(folder, 'new'), join(folder, name))
  }
  write('password', 'secret\n')
  write('pgvitals.yaml', configOf(team, databases(team)))
  const port = await freePort()
  const environment = {
    PGVITALS_CONFIG: join(folder, 'pgvitals.yaml'),
    PGVITALS_PORT: String(port),
    PGVITALS_QUERIES: queries,
    PGVITALS_KEEP_SESSIONS: 'on'
  }
  const running = runProcess(environment)
  t.teardown(async () => {
    running.child.kill('SIGTERM')
    await running.ended
  })
  await until('pgvitals responds', 40, async () => allOf(await scrape(port), 'pg_database_up').length > 0)
  return { team, process: running, port, write }
}

const configOf = ({ server, monitor }: Team, databases: string) =>
  `servers: { main: { host: 127.0.0.1, port: ${server.port}, user: ${monitor}, password: { file: password }, databases: { ${databases} } } }`

/** The process ID of the session of each database. */
async function pidsOf({ server, monitor }: Team): Promise<Readonly<Record<string, unknown>>> {
  const rows = await server.sql('postgres', `select datname, pid from pg_stat_activity where usename = '${monitor}' order by datname`)
  return Object.fromEntries(rows.map(({ datname, pid }) => [String(datname), pid]))
}

test('a reload adds and removes databases and changes teams without disturbing the other databases', async (t) => {
  const { team, process, port, write } = await start(
    t,
    ({ platform, users }) => `${platform}: { team: platform }, ${users}: { team: platform }`,
    onlyEverySecond('access', 'stat_user_tables')
  )
  const page = () => scrape(port)
  const reconfigure = (databases: string) => write('pgvitals.yaml', configOf(team, databases))
  await until('both databases have a session', 10, async () => Object.keys(await pidsOf(team)).length === 2)
  const [platform, users, labeler] = [team.platform, team.users, team.labeler]
  const pids = await pidsOf(team)
  const accepted = sampleValue(await page(), 'pgvitals_config_reload_timestamp_seconds') ?? 0
  t.ok(accepted > 1e9)
  t.equal(sampleValue(await page(), 'pgvitals_config_reload_success'), 1)

  reconfigure(`${platform}: { team: platform }, ${users}: { team: users }, ${labeler}: { team: labeler }`)
  await until(
    'the new database is polled',
    10,
    async () => allOf(await page(), 'pg_stat_user_tables_n_live_tup', { datname: labeler }).length > 0
  )
  const changed = await page()
  t.equal(sampleValue(changed, 'pg_database_info', { datname: users, team: 'users' }), 1)
  t.equal(sampleValue(changed, 'pg_database_info', { datname: users, team: 'platform' }), undefined)
  t.ok((sampleValue(changed, 'pgvitals_config_reload_timestamp_seconds') ?? 0) > accepted)
  t.match(await pidsOf(team), pids)

  const accessPolled = async (datname: string) => sampleValue(await page(), 'pgvitals_query_success', { datname, query: 'access' })
  t.equal(await accessPolled(users), undefined, 'without declared access it is not queried')
  reconfigure(
    `${platform}: { team: platform }, ${users}: { team: users, access: { ${labeler}_owner: none } }, ${labeler}: { team: labeler }`
  )
  await until('access is queried', 10, async () => (await accessPolled(users)) === 1)
  t.equal(await accessPolled(labeler), undefined)
  t.match(await pidsOf(team), pids, 'no session is disturbed')
  const declared = await page()

  reconfigure(`${platform}: { tem: x }`)
  await until('the error is on the page', 10, async () => sampleValue(await page(), 'pgvitals_config_reload_success') === 0)
  t.match(
    process.output(),
    /invalid configuration: \S*pgvitals\.yaml:1: servers\.main\.databases\.\w+_platform\.tem: unknown setting; did you mean \\"team\\"/
  )
  t.equal(allOf(await page(), 'pg_database_up').length, 3, 'the previous configuration remains in use')
  t.equal(
    sampleValue(await page(), 'pgvitals_config_reload_timestamp_seconds'),
    sampleValue(declared, 'pgvitals_config_reload_timestamp_seconds')
  )

  reconfigure(`${platform}: { team: platform }, ${users}: { team: users }`)
  await until('the removed database is gone', 10, async () => {
    const all = await page()
    return sampleValue(all, 'pgvitals_config_reload_success') === 1 && allOf(all, 'pg_database_up', { datname: labeler }).length === 0
  })
  t.same(await pidsOf(team), pids, 'the sessions are the first ones')
  const last = await page()
  t.same(
    allOf(last, 'pgvitals_sessions_opened_total')
      .map(({ labels, value }) => [labels.datname, value])
      .sort(),
    [
      [platform, 1],
      [users, 1]
    ]
  )
  await until('every snapshot is recent', 5, async () =>
    allOf(await page(), 'pgvitals_snapshot_timestamp_seconds').every((sample) => ageOf(sample) < 3)
  )

  process.child.kill('SIGHUP')
  await until('SIGHUP reads the configuration too', 5, () => process.output().includes('configuration reloaded; nothing changed'))
  t.match(await pidsOf(team), pids)
  t.notMatch(process.output(), /"secret/)
})

test('a password rotation leaves no gap of two intervals', async (t) => {
  const every5Seconds = onlyEverySecond('connections', 'stat_database', 'stat_user_tables').replaceAll('1s', '5s')
  const { team, process, port, write } = await start(t, ({ platform, labeler }) => `${platform}: , ${labeler}: `, every5Seconds)
  const ages = async () => allOf(await scrape(port), 'pgvitals_snapshot_timestamp_seconds').map(ageOf)
  await until('every query was polled', 15, async () => (await ages()).length === 2 + 2)
  let oldest = 0
  const watching = setInterval(async () => {
    oldest = Math.max(oldest, ...(await ages()))
  }, 200)
  t.teardown(() => clearInterval(watching))

  await team.server.sql(
    'postgres',
    `alter role ${team.monitor} password 'rotated'`,
    `select pg_terminate_backend(pid) from pg_stat_activity where usename = '${team.monitor}'`
  )
  const refused = async () =>
    allOf(await scrape(port), 'pgvitals_errors_total', { class: 'auth' }).reduce((sum, { value }) => sum + value, 0)
  await until('the old password was refused', 10, async () => (await refused()) > 0)
  write('password', 'rotated\n')
  await until('the new password works everywhere', 10, async () => {
    const all = await scrape(port)
    return allOf(all, 'pg_database_up').every(({ value }) => value === 1)
  })
  await until('every query was polled with the new password', 10, async () => Math.max(...(await ages())) < 2)
  t.ok(oldest < 10, `the oldest snapshot was ${oldest.toFixed(1)} s old with an interval of 5 s`)
  t.equal(await refused(), 1, 'the old password was tried once for both databases')
  t.notMatch(process.output(), /rotated/)
})

test('an interval that a reload shortens takes effect at once', async (t) => {
  const server = await sharedServer()
  const { exporter } = makeExporter(
    { DATABASE_URL: server.url('postgres'), PGVITALS_QUERIES: everySecond },
    { queries: ['connections', 'database'] }
  )
  t.teardown(() => exporter.stop())
  const servers = exporter.servers().map((watch) => watch.server)
  const queries = loadQueries()
    .filter(({ name }) => name === 'connections' || name === 'database')
    .map((query) => ({ ...query, intervalSeconds: query.name === 'database' ? 3600 : 1 }))
  exporter.update(servers, queries)
  await exporter.start()
  const succeededAt = () => exporter.snapshots().find(({ query }) => query === 'database')?.succeededAt
  await until('the query was polled', 10, () => succeededAt() !== undefined)
  const first = succeededAt()
  exporter.update(
    servers,
    queries.map((query) => ({ ...query, intervalSeconds: query.name === 'database' ? 2 : 1 }))
  )
  await until('the query is polled again', 5, () => succeededAt() !== first)
})

test('passwords from commands and .pgpass work, and a database that file and environment name is polled once', async (t) => {
  const team = await createTeam()
  const folder = mkdtempSync(join(tmpdir(), 'pgvitals-mixed-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'pgpass'), `localhost:${team.server.port}:${team.labeler}:${team.monitor}:secret\n`, { mode: 0o600 })
  writeFileSync(
    join(folder, 'config.yaml'),
    `
servers:
  main:
    host: localhost
    port: ${team.server.port}
    user: ${team.monitor}
    databases:
      ${team.labeler}: { team: labeler }
      ${team.users}: { team: platform, password: { command: [printf, secret] } }
`
  )
  const once = runProcess(
    {
      PGVITALS_CONFIG: join(folder, 'config.yaml'),
      PGPASSFILE: join(folder, 'pgpass'),
      DATABASE_URL: team.url('platform'),
      USER_DATABASE_URL: team.url('users', team.monitor, 'wrong')
    },
    'once'
  )
  t.equal(await once.ended, 0)
  const output = once.output()
  t.match(output, /USER_DATABASE_URL is ignored: \S*config\.yaml configures the database \w+_users of server main/)
  const samples = parsePage(output.replaceAll(/^\{.*\n/gm, ''))
  t.same(
    allOf(samples, 'pg_database_info').flatMap(({ labels: { server, datname, team: owner } }) =>
      [team.platform, team.users, team.labeler].includes(datname ?? '') ? [[server, datname, owner]] : []
    ),
    [
      ['main', team.labeler, 'labeler'],
      ['main', team.platform, ''],
      ['main', team.users, 'platform']
    ]
  )
  t.ok(allOf(samples, 'pg_database_up').every(({ value }) => value === 1))
})

test('a change of one password file does not retry the password of another', async (t) => {
  const server = await sharedServer()
  const folder = mkdtempSync(join(tmpdir(), 'pgvitals-files-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const [first, second] = ['first', 'second'].map((name) => join(folder, name)) as [string, string]
  for (const file of [first, second]) writeFileSync(file, 'wrong')
  const databases = `postgres: { password: { file: first }, user: postgres }, template1: { password: { file: second }, user: postgres }`
  writeFileSync(join(folder, 'config.yaml'), `servers: { main: { host: localhost, port: ${server.port}, databases: { ${databases} } } }`)
  const { exporter, samples } = makeExporter({ PGVITALS_CONFIG: join(folder, 'config.yaml') }, { queries: ['stat_user_tables'] })
  t.teardown(() => exporter.stop())
  await exporter.start()
  const refused = async (datname: string) => sampleValue(await samples(), 'pgvitals_errors_total', { datname, class: 'auth' })
  await until('both passwords were refused', 10, async () => (await refused('postgres')) === 1 && (await refused('template1')) === 1)
  exporter.retryCredentials([second])
  await until('one password is tried again', 10, async () => (await refused('template1')) === 2)
  t.equal(await refused('postgres'), 1)
  t.equal(sampleValue(await samples(), 'pg_database_up', { datname: 'template1' }), 0, 'the database is down, not absent')
  exporter.retryCredentials()
  await until('both passwords are tried again', 10, async () => (await refused('postgres')) === 2 && (await refused('template1')) === 3)
})

test('the tokens of the configuration file are required, and changed ones after a reload', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'pgvitals-tokens-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'pgvitals.yaml')
  const write = (token: string) =>
    writeFileSync(
      path,
      `servers: { main: { host: 127.0.0.1, port: 1, user: pgvitals, databases: { labeler: { team: labeler } } } }
tokens: [${token}]
teams: { labeler: { tokens: [{ file: labeler-token }] } }
`
    )
  writeFileSync(join(folder, 'labeler-token'), 'for-labeler\n')
  write('for-everything')
  const port = await freePort()
  const { child, ended, output } = runProcess({ PGVITALS_CONFIG: path, PGVITALS_PORT: String(port) })
  t.teardown(async () => {
    child.kill('SIGTERM')
    await ended
  })
  const statusOf = async (address: string, token: string) =>
    (await fetch(`http://127.0.0.1:${port}${address}`, { headers: { authorization: `Bearer ${token}` } }).catch(() => undefined))?.status
  await until('pgvitals responds', 40, async () => (await statusOf('/healthz', '')) === 200)
  t.equal(await statusOf('/metrics', ''), 401)
  t.equal(await statusOf('/metrics', 'for-everything'), 200)
  t.equal(await statusOf('/metrics?team=platform', 'for-labeler'), 403)
  t.equal(await statusOf('/metrics?team=labeler', 'for-labeler'), 200)
  write('for-nobody-else')
  await until('the new token is accepted', 10, async () => (await statusOf('/metrics', 'for-nobody-else')) === 200)
  t.equal(await statusOf('/metrics', 'for-everything'), 401)
  writeFileSync(join(folder, 'labeler-token'), 'for-labeler-2\n')
  await until('the new token of the team is accepted', 10, async () => (await statusOf('/metrics?team=labeler', 'for-labeler-2')) === 200)
  t.equal(await statusOf('/metrics?team=labeler', 'for-labeler'), 401)
  t.notMatch(output(), /for-(everything|labeler|nobody)/, 'no token is logged')
})
