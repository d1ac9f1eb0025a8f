import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Test, test } from 'tap'
import { readConfig } from '../../src/config/config.ts'
import type { Diagnosis } from '../../src/doctor/doctor.ts'
import { examineServer } from '../../src/doctor/examine.ts'
import { runProcess } from '../exporter/run-process.ts'
import { hasTool } from '../servers/has-tool.ts'
import { freePort, type Major, startServer, type TestServer } from '../servers/start-server.ts'
import { createTeamDatabases, teamEnvironment } from '../servers/team-databases.ts'
import { runDoctor, runScript, wrongOf } from './run-doctor.ts'

/** A broken set-up: what breaks it, how it is reached, and what doctor must say is wrong. */
interface Broken {
  readonly name: string
  readonly sql: readonly string[]
  readonly environment: (server: TestServer) => Record<string, string>
  readonly wrong: readonly (string | RegExp)[]
  readonly script: readonly string[]
  /** How it is reached after the script, when that makes another role. */
  readonly mended?: (server: TestServer) => Record<string, string>
  readonly doesRoleExist?: boolean
}

const as = (role: string, password?: string) => (server: TestServer) => ({ DATABASE_URL: server.url('platform', role, password) })
const connect = (role: string) => `grant connect on database platform to ${role}`

const broken: readonly Broken[] = [
  {
    name: 'a wrong password, and nobody else to ask',
    sql: [],
    environment: as('pgvitals', 'secret-wrong'),
    wrong: ['platform: pgvitals may not log in: password authentication failed for user "pgvitals" (28P01)'],
    script: [
      "create role pgvitals login password '…' connection limit 8;",
      "-- if the role exists: alter role pgvitals password '…';",
      'grant pg_monitor to pgvitals;',
      'grant connect on database platform to pgvitals;',
      '\\connect platform',
      "-- needs shared_preload_libraries = 'pg_stat_statements' and a restart; on RDS that is the default",
      'create extension if not exists pg_stat_statements;'
    ],
    mended: as('pgvitals'),
    doesRoleExist: true
  },
  {
    name: 'a wrong password of one database, where another credential can look',
    sql: ["create role other login password 'forgotten'", 'grant connect on database users to other'],
    environment: (server) => ({ ...as('pgvitals')(server), USER_DATABASE_URL: server.url('users', 'other') }),
    wrong: ['users: other may not log in: password authentication failed for user "other" (28P01)'],
    script: ["alter role other password '…';"]
  },
  {
    name: 'a role that is not there, where another credential can look',
    sql: [],
    environment: (server) => ({ ...as('pgvitals')(server), USER_DATABASE_URL: server.url('users', 'absent') }),
    wrong: ['users: absent may not log in: password authentication failed for user "absent" (28P01)'],
    script: ["create role absent login password '…' connection limit 8;", 'grant connect on database users to absent;']
  },
  {
    name: 'a role that may not log in',
    sql: ["create role asleep password 'secret' in role pg_monitor", connect('asleep')],
    environment: as('asleep'),
    wrong: ['platform: asleep may not log in: role "asleep" is not permitted to log in (28000)'],
    script: ['alter role asleep login;']
  },
  {
    name: 'a password whose time is over, where another credential can look',
    sql: ["create role late login password 'secret' valid until '2020-01-01'", 'grant connect on database users to late'],
    environment: (server) => ({ ...as('pgvitals')(server), USER_DATABASE_URL: server.url('users', 'late') }),
    wrong: ['users: late may not log in: password authentication failed for user "late" (28P01)'],
    script: ["alter role late password '…' valid until 'infinity';"]
  },
  {
    name: 'no password in the configuration',
    sql: [],
    environment: (server) => ({ DATABASE_URL: server.url('platform', 'pgvitals').replace(':secret', '') }),
    wrong: [/^platform: pgvitals may not log in: the server asks for a password of pgvitals for platform; none is configured/],
    script: [''],
    mended: as('pgvitals')
  },
  {
    name: 'no pg_monitor',
    sql: ["create role blind login password 'secret'", connect('blind')],
    environment: as('blind'),
    wrong: [/^platform: blind is blind to the WAL directory; settings .*; other roles' sessions, statements/],
    script: ['grant pg_monitor to blind;']
  },
  {
    name: 'no CONNECT',
    sql: ['create role "out-side" login password \'secret\' in role pg_monitor'],
    environment: as('out-side'),
    wrong: ['platform: out-side may not connect: permission denied for database "platform" (42501)'],
    script: ['grant connect on database platform to "out-side";']
  },
  {
    name: 'the extension is missing',
    sql: [],
    environment: (server) => ({ DATABASE_URL: server.url('users', 'pgvitals') }),
    wrong: ['users: pg_stat_statements is not installed'],
    script: ['\\connect users', 'create extension pg_stat_statements;']
  },
  {
    name: 'a superuser',
    sql: ["create role mighty superuser login password 'secret'"],
    environment: as('mighty'),
    wrong: ['platform: mighty is a superuser'],
    script: ['alter role mighty nosuperuser;', 'grant pg_monitor to mighty;', 'grant connect on database platform to mighty;']
  },
  {
    name: 'every kind of excess',
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
    wrong: [
      'platform: greedy has BYPASSRLS, CREATEDB, CREATEROLE, REPLICATION',
      'platform: greedy may create in database platform, schema shop',
      'platform: greedy is a member of pg_read_server_files',
      'platform: greedy may insert, update in 1 table of schema public',
      'platform: greedy may delete in 1 table of schema public, through app_writer'
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
    name: 'writing as everybody may',
    sql: ['grant insert, update (note) on item to public'],
    environment: as('pgvitals'),
    wrong: ['platform: pgvitals may insert, update in 1 table of schema public, as everybody may (PUBLIC)'],
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
    wrong: ['platform: follower may delete in 1 table of schema public, through app_reader'],
    script: ['revoke app_reader from follower;', 'grant pg_monitor to follower;', 'grant connect on database platform to follower;']
  },
  {
    name: "the databases' owners, who get a role of its own beside them",
    sql: ['alter role pgvitals rename to pgvitals_before', "alter role pgvitals_before password 'secret'"],
    environment: (server) => teamEnvironment(server, 'owners'),
    wrong: [
      'platform: platform_owner owns the database platform, 1 table in schema public; use a role of its own, pgvitals',
      'labeler: labeler_owner owns the database labeler, 1 table in schema public; use a role of its own, pgvitals',
      'users: users_owner owns the database users, 1 table in schema public; use a role of its own, pgvitals',
      /^platform: platform_owner is blind to /
    ],
    script: [
      "create role pgvitals login password '…' connection limit 8;",
      'grant pg_monitor to pgvitals;',
      'grant connect on database platform, labeler, users to pgvitals;'
    ],
    mended: (server) => teamEnvironment(server, 'pgvitals')
  }
]

function compare(t: Test, diagnosis: Diagnosis, { name, wrong, script }: Broken): void {
  const found = wrongOf(diagnosis)
  t.equal(found.length, wrong.length, `${name}: ${found.join(' | ')}`)
  for (const [index, expected] of wrong.entries()) t.match(found[index], expected, name)
  t.same(diagnosis.servers[0]?.scripts.postgresql.split('\n'), script, name)
  t.ok(
    diagnosis.text.split('\n').every((line) => [...line].length <= 104),
    `${name}: it fits a terminal`
  )
  t.notMatch(JSON.stringify(diagnosis), /secret/, `${name}: no secret is told`)
}

for (const major of [13, 18] as readonly Major[]) {
  test(`PostgreSQL ${major}: what is broken is told, and the script that is printed mends it`, async (t) => {
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
      const after = await runDoctor((one.mended ?? one.environment)(server))
      t.same(wrongOf(after), [], `${one.name}: nothing is wrong after its script`)
      t.equal(after.isHealthy, true)
    }
    const hints = (await runDoctor(as('pgvitals')(server))).servers.flatMap((one) => one.hints.map(({ text }) => text))
    t.ok(hints.includes('track_io_timing is off; better: alter system set track_io_timing = on'))
    const isOpen = hints.includes('pgvitals may create in schema public, as everybody may (PUBLIC)')
    t.equal(isOpen, major === 13, 'what everybody may do is a hint, and up to 14 that is to create in public')
  })
}

test('a library that was not preloaded: the script keeps the others, and after a restart nothing is wrong', async (t) => {
  const server = await startServer({ isPreloaded: false })
  t.teardown(() => server.remove())
  await createTeamDatabases(server)
  await server.sql('postgres', "alter system set shared_preload_libraries = 'auto_explain'")
  await server.stop()
  await server.start()
  const diagnosis = await runDoctor(teamEnvironment(server, 'pgvitals'))
  t.same(wrongOf(diagnosis), ['platform: pg_stat_statements was not loaded when the server started'])
  const [report] = diagnosis.servers
  t.equal(
    report?.scripts.postgresql,
    "alter system set shared_preload_libraries = 'auto_explain', 'pg_stat_statements';\n-- then restart PostgreSQL"
  )
  t.match(report?.scripts.rds, /^-- add pg_stat_statements to shared_preload_libraries in the parameter group, then reboot the instance$/)
  t.match(diagnosis.text, /What mends it, with psql as a superuser:\n\n {4}alter system/)
  await server.sql('postgres', 'create role rds_superuser')
  const onRds = (await runDoctor(teamEnvironment(server, 'pgvitals'))).text
  t.match(onRds, /What mends it on RDS, with psql as the master user:\n\n {4}-- add pg_stat_statements .* parameter group/)
  t.notMatch(onRds, /alter system set shared_preload/)
  if (!hasTool(t, 'psql', 'postgresql-client')) return
  await runScript(server, diagnosis)
  await server.stop()
  await server.start()
  t.same(wrongOf(await runDoctor(teamEnvironment(server, 'pgvitals'))), [])
})

test('databases that are found by themselves are examined too', async (t) => {
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
  t.match(wrongOf(diagnosis).join('\n'), /^users: pgvitals may insert in 1 table of schema public$/m)
})

test('a hostile name of a database is no command and no connection string, and hides nothing of the others', async (t) => {
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
    `-- left out, since a name with control characters is not safe here: the steps for the database "x\\n\\\\! touch ${folder}/run #"`
  ])
  t.notMatch(diagnosis.text, /^\s*\\!/m, 'nor is it in the report')
  t.match(diagnosis.text, /x\\u000a\\! touch/)
  if (!hasTool(t, 'psql', 'postgresql-client')) return
  await runScript(server, diagnosis)
  t.notOk(existsSync(join(folder, 'run')))
  const after = await runDoctor({ PGVITALS_CONFIG: join(folder, 'pgvitals.yaml') })
  t.same(
    after.servers[0]?.wrong.map(({ databases }) => databases),
    [[hostile]]
  )
})

test('a server that never answers is given up in time, also where databases are to be found', async (t) => {
  const tarpit = createServer().listen(0, '127.0.0.1')
  t.teardown(() => tarpit.close())
  await once(tarpit, 'listening')
  const address = tarpit.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const names = ['a', 'b', 'c']
  const environment = Object.fromEntries(
    names.map((name) => [`${name.toUpperCase()}_DATABASE_URL`, `postgresql://u:p@127.0.0.1:${port}/${name}`])
  )
  const [server] = readConfig(environment).servers
  const [first] = server?.databases ?? []
  if (server === undefined || first === undefined) throw new Error('no server was read')
  const before = performance.now()
  const examined = await examineServer({ ...server, discovery: { include: [], exclude: [], connection: first.connection } }, 2)
  t.ok(performance.now() - before < 4500, `${performance.now() - before} ms`)
  t.same(
    examined.map(({ database, failure }) => [database.name, failure?.errorClass]),
    names.map((name) => [name, 'timeout'])
  )
})

test('a server that is down, one that never answers, and a database that is not there: told, and it ends', async (t) => {
  const server = await startServer()
  t.teardown(() => server.remove())
  await createTeamDatabases(server)
  const tarpit = createServer().listen(0, '127.0.0.1')
  t.teardown(() => tarpit.close())
  await once(tarpit, 'listening')
  const address = tarpit.address()
  const silent = typeof address === 'object' && address !== null ? address.port : 0
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
    servers.map(({ wrong }) => wrong.map(({ text }) => text.split(':')[0])),
    [['nothing answers at 127.0.0.1'], ['there is no such database'], ['nothing answers at 127.0.0.1']]
  )
  t.equal(servers[1]?.scripts.postgresql, '-- create database "no such";  (or take it out of the configuration)')
  t.same(servers[1]?.databases.map(({ isReachable }) => isReachable).sort(), [false, true])
  t.notMatch(doctor.output(), /secret/)
})

test('pgvitals doctor exits 0 when nothing is wrong, hints or not, and prints a table that is aligned', async (t) => {
  const server = await startServer()
  t.teardown(() => server.remove())
  await createTeamDatabases(server)
  const doctor = runProcess(teamEnvironment(server, 'pgvitals'), 'doctor')
  t.equal(await doctor.ended, 0)
  t.match(doctor.output(), /Hints\n {2}- platform: pg_buffercache is not installed/)
  t.match(doctor.output(), /The role is the boundary, not the session/)
  t.match(doctor.output(), /Nothing is wrong\.\n$/)
  const table = doctor.output().split('\n').slice(2, 6)
  t.equal(new Set(table.map((line) => line.search(/(answers|yes) /))).size, 1)
})
