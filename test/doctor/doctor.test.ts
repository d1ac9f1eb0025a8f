import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Test, test } from 'tap'
import type { Diagnosis } from '../../src/doctor/doctor.ts'
import { examineServer } from '../../src/doctor/examine.ts'
import { readConfig } from '../config/read-config.ts'
import { runProcess } from '../exporter/run-process.ts'
import { hasTool } from '../servers/has-tool.ts'
import { freePort, type Major, startServer, type TestServer } from '../servers/start-server.ts'
import { createTeamDatabases, teamEnvironment } from '../servers/team-databases.ts'
import { errorsOf, runDoctor, runScript } from './run-doctor.ts'

/** A broken setup: the statements that break it, the environment of doctor, and the expected errors and fix. */
interface Broken {
  readonly name: string
  readonly sql: readonly string[]
  readonly environment: (server: TestServer) => Record<string, string>
  readonly errors: readonly (string | RegExp)[]
  readonly script: readonly string[]
  /** The environment after the fix, if the fix creates another role. */
  readonly environmentAfter?: (server: TestServer) => Record<string, string>
  readonly doesRoleExist?: boolean
}

const as = (role: string, password?: string) => (server: TestServer) => ({ DATABASE_URL: server.url('platform', role, password) })
const connect = (role: string) => `grant connect on database platform to ${role}`

const broken: readonly Broken[] = [
  {
    name: 'a wrong password, without another credential to check the role',
    sql: [],
    environment: as('pgvitals', 'secret-wrong'),
    errors: ['platform: pgvitals cannot log in: password authentication failed for user "pgvitals" (28P01)'],
    script: [
      "create role pgvitals login password '…' connection limit 8;",
      "-- if the role exists: alter role pgvitals password '…';",
      'grant pg_monitor to pgvitals;',
      'grant connect on database platform to pgvitals;',
      '\\connect platform',
      "-- needs shared_preload_libraries = 'pg_stat_statements' and a restart; on RDS that is the default",
      'create extension if not exists pg_stat_statements;'
    ],
    environmentAfter: as('pgvitals'),
    doesRoleExist: true
  },
  {
    name: 'a wrong password for one database, with another credential to check the role',
    sql: ["create role other login password 'forgotten'", 'grant connect on database users to other'],
    environment: (server) => ({ ...as('pgvitals')(server), USER_DATABASE_URL: server.url('users', 'other') }),
    errors: ['users: other cannot log in: password authentication failed for user "other" (28P01)'],
    script: ["alter role other password '…';"]
  },
  {
    name: 'a missing role, with another credential to check the role',
    sql: [],
    environment: (server) => ({ ...as('pgvitals')(server), USER_DATABASE_URL: server.url('users', 'absent') }),
    errors: ['users: absent cannot log in: password authentication failed for user "absent" (28P01)'],
    script: ["create role absent login password '…' connection limit 8;", 'grant connect on database users to absent;']
  },
  {
    name: 'a role with NOLOGIN',
    sql: ["create role asleep password 'secret' in role pg_monitor", connect('asleep')],
    environment: as('asleep'),
    errors: ['platform: asleep cannot log in: role "asleep" is not permitted to log in (28000)'],
    script: ['alter role asleep login;']
  },
  {
    name: 'an expired password, with another credential to check the role',
    sql: ["create role late login password 'secret' valid until '2020-01-01'", 'grant connect on database users to late'],
    environment: (server) => ({ ...as('pgvitals')(server), USER_DATABASE_URL: server.url('users', 'late') }),
    errors: ['users: late cannot log in: password authentication failed for user "late" (28P01)'],
    script: ["alter role late password '…' valid until 'infinity';"]
  },
  {
    name: 'no password in the configuration',
    sql: [],
    environment: (server) => ({ DATABASE_URL: server.url('platform', 'pgvitals').replace(':secret', '') }),
    errors: [
      /^platform: pgvitals cannot log in: the server requests a password for role pgvitals in database platform; none is configured/
    ],
    script: [''],
    environmentAfter: as('pgvitals')
  },
  {
    name: 'no pg_monitor',
    sql: ["create role blind login password 'secret'", connect('blind')],
    environment: as('blind'),
    errors: [/^platform: blind cannot see the WAL directory; settings .*; sessions and statements of roles/],
    script: ['grant pg_monitor to blind;']
  },
  {
    name: 'no CONNECT',
    sql: ['create role "out-side" login password \'secret\' in role pg_monitor'],
    environment: as('out-side'),
    errors: ['platform: out-side cannot connect: permission denied for database "platform" (42501)'],
    script: ['grant connect on database platform to "out-side";']
  },
  {
    name: 'the extension is missing',
    sql: [],
    environment: (server) => ({ DATABASE_URL: server.url('users', 'pgvitals') }),
    errors: ['users: pg_stat_statements is not installed'],
    script: ['\\connect users', 'create extension pg_stat_statements;']
  },
  {
    name: 'settings that disable counting',
    sql: [
      'alter system set track_counts = off',
      'alter system set pg_stat_statements.track = none',
      'select pg_reload_conf()',
      'select pg_sleep(0.2)'
    ],
    environment: as('pgvitals'),
    errors: [
      'platform: track_counts disables statistics (source: configuration file)',
      'platform: pg_stat_statements.track disables statistics (source: configuration file)'
    ],
    script: ['alter system set track_counts = on;', 'alter system set pg_stat_statements.track = top;', 'select pg_reload_conf();']
  },
  {
    name: 'a superuser',
    sql: ["create role mighty superuser login password 'secret'"],
    environment: as('mighty'),
    errors: ['platform: mighty is a superuser'],
    script: ['alter role mighty nosuperuser;', 'grant pg_monitor to mighty;', 'grant connect on database platform to mighty;']
  },
  {
    name: 'every kind of excess privilege',
    sql: [
      "create role greedy login password 'secret' createdb createrole replication bypassrls in role pg_monitor, pg_read_server_files",
      'create role app_writer',
      'grant app_writer to greedy',
      connect('greedy'),
      'grant create on database platform to greedy',
      'grant insert, update (note) on item to greedy',
      'grant delete on item to app_writer',
      'create schema shop',
      'grant create on schema shop to greedy'
    ],
    environment: as('greedy'),
    errors: [
      'platform: greedy has BYPASSRLS, CREATEDB, CREATEROLE, REPLICATION',
      'platform: greedy has CREATE on database platform, schema shop',
      'platform: greedy is a member of pg_read_server_files',
      'platform: greedy has INSERT, UPDATE on 1 table in schema public',
      'platform: greedy has DELETE on 1 table in schema public, through app_writer'
    ],
    script: [
      'alter role greedy nobypassrls;',
      'alter role greedy nocreatedb;',
      'alter role greedy nocreaterole;',
      'alter role greedy noreplication;',
      'revoke pg_read_server_files from greedy;',
      'revoke app_writer from greedy;',
      '\\connect platform',
      'revoke create on database platform from greedy;',
      'revoke create on schema shop from greedy;',
      'revoke insert, update on all tables in schema public from greedy;'
    ]
  },
  {
    name: 'write privileges of PUBLIC',
    sql: ['grant insert, update (note) on item to public'],
    environment: as('pgvitals'),
    errors: ['platform: pgvitals has INSERT, UPDATE on 1 table in schema public, through PUBLIC'],
    script: ['\\connect platform', 'revoke insert, update on all tables in schema public from public;']
  },
  {
    name: 'pg_monitor and CONNECT through a role that writes',
    sql: [
      'create role app_reader in role pg_monitor',
      connect('app_reader'),
      'grant delete on item to app_reader',
      "create role follower login password 'secret' in role app_reader"
    ],
    environment: as('follower'),
    errors: ['platform: follower has DELETE on 1 table in schema public, through app_reader'],
    script: ['revoke app_reader from follower;', 'grant pg_monitor to follower;', 'grant connect on database platform to follower;']
  },
  {
    name: 'owners of the databases, which a dedicated role must replace',
    sql: ['alter role pgvitals rename to pgvitals_before', "alter role pgvitals_before password 'secret'"],
    environment: (server) => teamEnvironment(server, 'owners'),
    errors: [
      'platform: platform_owner owns database platform, 1 table in schema public; use a dedicated role, pgvitals',
      'labeler: labeler_owner owns database labeler, 1 table in schema public; use a dedicated role, pgvitals',
      'users: users_owner owns database users, 1 table in schema public; use a dedicated role, pgvitals',
      /^platform: platform_owner cannot see /
    ],
    script: [
      "create role pgvitals login password '…' connection limit 8;",
      'grant pg_monitor to pgvitals;',
      'grant connect on database platform, labeler, users to pgvitals;'
    ],
    environmentAfter: (server) => teamEnvironment(server, 'pgvitals')
  }
]

function compare(t: Test, diagnosis: Diagnosis, { name, errors, script }: Broken): void {
  const found = errorsOf(diagnosis)
  t.equal(found.length, errors.length, `${name}: ${found.join(' | ')}`)
  for (const [index, expected] of errors.entries()) t.match(found[index], expected, name)
  t.same(diagnosis.servers[0]?.scripts.postgresql.split('\n'), script, name)
  t.ok(
    diagnosis.text.split('\n').every((line) => [...line].length <= 104),
    `${name}: the text fits a terminal`
  )
  t.notMatch(JSON.stringify(diagnosis), /secret/, `${name}: no secret is printed`)
}

/** A configured server that accepts connections and never responds. */
async function startSilentServer(t: Test, names: readonly string[]) {
  let connections = 0
  const listener = createServer(() => connections++).listen(0, '127.0.0.1')
  t.teardown(() => listener.close())
  await once(listener, 'listening')
  const address = listener.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const environment = Object.fromEntries(
    names.map((name) => [`${name.toUpperCase()}_DATABASE_URL`, `postgresql://u:p@127.0.0.1:${port}/${name}`])
  )
  const [server] = readConfig(environment).servers
  const [first] = server?.databases ?? []
  if (server === undefined || first === undefined) throw new Error('no server is configured')
  return { server, first, port, connections: () => connections }
}

for (const major of [13, 18] as readonly Major[]) {
  test(`PostgreSQL ${major}: every broken setup is reported, and the printed script fixes it`, async (t) => {
    const server = await startServer({ major })
    t.teardown(() => server.remove())
    await createTeamDatabases(server)
    for (const one of broken) {
      await server.sql('platform', ...one.sql)
      const diagnosis = await runDoctor(one.environment(server))
      t.equal(diagnosis.isHealthy, false)
      compare(t, diagnosis, one)
      if (!hasTool(t, 'psql', 'postgresql-client')) continue
      await runScript(server, diagnosis, one.doesRoleExist)
      const after = await runDoctor((one.environmentAfter ?? one.environment)(server))
      t.same(errorsOf(after), [], `${one.name}: no errors after the script`)
      t.equal(after.isHealthy, true)
    }
    const hints = (await runDoctor(as('pgvitals')(server))).servers.flatMap((one) => one.hints.map(({ text }) => text))
    t.ok(hints.includes('track_io_timing is off; recommended: alter system set track_io_timing = on'))
    const isOpen = hints.includes('pgvitals has CREATE on schema public, through PUBLIC')
    t.equal(isOpen, major === 13, 'privileges of PUBLIC are hints, and up to PostgreSQL 14 PUBLIC has CREATE on schema public')
  })
}

test('if the library was not preloaded, the script keeps the others, and after a restart there are no errors', async (t) => {
  const server = await startServer({ isPreloaded: false })
  t.teardown(() => server.remove())
  await createTeamDatabases(server)
  await server.sql('postgres', "alter system set shared_preload_libraries = 'auto_explain'")
  await server.stop()
  await server.start()
  const diagnosis = await runDoctor(teamEnvironment(server, 'pgvitals'))
  t.same(errorsOf(diagnosis), ['platform: pg_stat_statements was not loaded when the server started'])
  const [report] = diagnosis.servers
  t.equal(
    report?.scripts.postgresql,
    "alter system set shared_preload_libraries = 'auto_explain', 'pg_stat_statements';\n-- then restart PostgreSQL"
  )
  t.match(report?.scripts.rds, /^-- add pg_stat_statements to shared_preload_libraries in the parameter group, then reboot the instance$/)
  t.match(diagnosis.text, /Fix, with psql as a superuser:\n\n {4}alter system/)
  await server.sql('postgres', 'create role rds_superuser')
  const onRds = (await runDoctor(teamEnvironment(server, 'pgvitals'))).text
  t.match(onRds, /Fix on RDS, with psql as the master user:\n\n {4}-- add pg_stat_statements .* parameter group/)
  t.notMatch(onRds, /alter system set shared_preload/)
  if (!hasTool(t, 'psql', 'postgresql-client')) return
  await runScript(server, diagnosis)
  await server.stop()
  await server.start()
  t.same(errorsOf(await runDoctor(teamEnvironment(server, 'pgvitals'))), [])
})

test('discovered databases are examined too', async (t) => {
  const server = await startServer()
  t.teardown(() => server.remove())
  await createTeamDatabases(server)
  await server.sql('users', 'create table open_to_monitoring (id int)', 'grant insert on open_to_monitoring to pgvitals')
  const folder = mkdtempSync(join(tmpdir(), 'pgvitals-doctor-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const discover = { include: ['^(users|labeler)$'] }
  const main = { host: '127.0.0.1', port: server.port, user: 'pgvitals', password: 'secret', database: 'platform', discover }
  writeFileSync(join(folder, 'pgvitals.yaml'), JSON.stringify({ servers: { main } }))
  const diagnosis = await runDoctor({ PGVITALS_CONFIG: join(folder, 'pgvitals.yaml') })
  t.same(
    diagnosis.servers[0]?.databases.map(({ database }) => database),
    ['platform', 'labeler', 'users']
  )
  t.match(errorsOf(diagnosis).join('\n'), /^users: pgvitals has INSERT on 1 table in schema public$/m)
})

test('a hostile database name is never a command or a connection string, and does not affect other databases', async (t) => {
  const server = await startServer()
  t.teardown(() => server.remove())
  await createTeamDatabases(server)
  const folder = mkdtempSync(join(tmpdir(), 'pgvitals-doctor-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const hostile = `x\n\\! touch ${folder}/run #`
  for (const name of [hostile, 'host=elsewhere']) {
    await server.sql('postgres', `create database "${name}"`)
    await server.sql(name, 'create table open (id int)', 'grant insert on open to public')
  }
  const discover = { include: ['^x', '^host='] }
  const main = { host: '127.0.0.1', port: server.port, user: 'pgvitals', password: 'secret', database: 'platform', discover }
  writeFileSync(join(folder, 'pgvitals.yaml'), JSON.stringify({ servers: { main } }))
  const diagnosis = await runDoctor({ PGVITALS_CONFIG: join(folder, 'pgvitals.yaml') })
  t.same(diagnosis.servers[0]?.scripts.postgresql.split('\n'), [
    `\\connect -reuse-previous=on "dbname='host=elsewhere'"`,
    'revoke insert on all tables in schema public from public;',
    `-- omitted, because a name contains control characters: the steps for database "x\\n\\\\! touch ${folder}/run #"`
  ])
  t.notMatch(diagnosis.text, /^\s*\\!/m, 'the report does not contain it either')
  t.match(diagnosis.text, /x\\u000a\\! touch/)
  if (!hasTool(t, 'psql', 'postgresql-client')) return
  await runScript(server, diagnosis)
  t.notOk(existsSync(join(folder, 'run')))
  const after = await runDoctor({ PGVITALS_CONFIG: join(folder, 'pgvitals.yaml') })
  t.same(
    after.servers[0]?.errors.map(({ databases }) => databases),
    [[hostile]]
  )
})

test('a server that never responds does not delay the result beyond the deadline, even with discovery', async (t) => {
  const { server, first } = await startSilentServer(t, ['a', 'b', 'c'])
  const examined = await examineServer({ ...server, discovery: { include: [], exclude: [], connection: first.connection } }, 1)
  t.match(
    examined.map(({ database, failure }) => [database.name, failure]),
    ['a', 'b', 'c'].map((name) => [name, { errorClass: 'timeout', message: 'not examined within 1 s' }])
  )
})

test('doctor opens at most max_sessions sessions at a time, and none after the deadline', async (t) => {
  const { server, connections } = await startSilentServer(t, ['a', 'b', 'c'])
  const examined = await examineServer({ ...server, maxSessions: 2 }, 1)
  t.same(
    examined.map(({ database, failure }) => [database.name, failure?.errorClass]),
    ['a', 'b', 'c'].map((name) => [name, 'timeout'])
  )
  t.equal(connections(), 2)
})

test('a server that is down, one that never responds and a missing database are reported, and doctor ends', async (t) => {
  const server = await startServer()
  t.teardown(() => server.remove())
  await createTeamDatabases(server)
  const { port: silent } = await startSilentServer(t, ['silent'])
  const down = await freePort()
  const environment = {
    DATABASE_URL: `postgresql://u:secret@127.0.0.1:${down}/gone`,
    SILENT_DATABASE_URL: `postgresql://u:secret@127.0.0.1:${silent}/silent`,
    PLATFORM_DATABASE_URL: server.url('platform', 'pgvitals'),
    MISSING_DATABASE_URL: server.url('no%20such', 'pgvitals')
  }
  const doctor = runProcess(environment, 'doctor', '--json')
  t.equal(await doctor.ended, 1)
  const { isHealthy, servers }: Diagnosis = JSON.parse(doctor.output())
  t.equal(isHealthy, false)
  t.same(
    servers.map(({ errors }) => errors.map(({ text }) => text.split(':')[0])),
    [['no response from 127.0.0.1'], ['the database does not exist'], ['no response from 127.0.0.1']]
  )
  t.equal(servers[1]?.scripts.postgresql, '-- create database "no such";  (or remove it from the configuration)')
  t.same(servers[1]?.databases.map(({ isReachable }) => isReachable).sort(), [false, true])
  t.notMatch(doctor.output(), /secret/)
})

test('pgvitals doctor exits with 0 without errors, despite hints, and prints an aligned table', async (t) => {
  const server = await startServer()
  t.teardown(() => server.remove())
  await createTeamDatabases(server)
  const doctor = runProcess(teamEnvironment(server, 'pgvitals'), 'doctor')
  t.equal(await doctor.ended, 0)
  t.match(doctor.output(), /Hints\n {2}- platform: pg_buffercache is not installed/)
  t.match(doctor.output(), /The role is the security boundary, not the session/)
  t.match(doctor.output(), /No errors\.\n$/)
  t.match(doctor.output(), /^Server \S+, detail: full\n/)
  const table = doctor.output().split('\n').slice(2, 6)
  t.match(table[0], /TLS +detail +blind spots$/)
  for (const line of table.slice(1)) t.match(line, / full +/)
  t.equal(new Set(table.map((line) => line.search(/(reachable|yes) /))).size, 1)
})
