import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { rootCertificates } from 'node:tls'
import { test } from 'tap'
import { readConfig } from '../../src/config/config.ts'
import { errorsOf, readFrom } from './read-from.ts'

const whole = `
servers:
  main:
    host: db.internal
    port: 6432
    database: platform
    user: pgvitals
    password: { file: secrets/pgvitals }
    tls: { mode: require }
    capacity_bytes: 107374182400
    data_directory: /var/lib/postgresql
    max_sessions: 6
    poll_cost_percent: 5
    max_samples_per_database: 500
    discover: { include: ["^team_"], exclude: ["^rdsadmin$"] }
    databases:
      users: { team: platform, access: { labeler_user: read } }
      labeler: { team: labeler, user: labeler_monitor, password: { env: PGVITALS_LABELER }, quota_bytes: 5, tls: { mode: disable } }
      platform: { team: platform }
      empty:
  other:
    host: /var/run/postgresql
    user: pgvitals
    password: { command: [print-token, "--for", other] }
    discover: {}
teams:
  labeler: { tokens: [geheim, { file: secrets/token }] }
queries: { locks: off, stat_user_tables: { interval: 60s } }
`

test('every setting of the file is part of the configuration', async (t) => {
  const files = { 'secrets/pgvitals': 'p', 'secrets/token': 't' }
  const {
    servers,
    teams,
    queries,
    files: configFiles,
    notes
  } = readFrom(t, whole, { PGVITALS_LABELER: 'l', PGVITALS_POLL_COST_PERCENT: '0.5' }, files)
  const [main, other] = servers
  t.match(main, {
    name: 'main',
    maxSessions: 6,
    pollCostShare: 0.05,
    maxSamplesPerDatabase: 500,
    capacityBytes: 107374182400,
    dataDirectory: '/var/lib/postgresql'
  })
  t.same(
    main?.databases.map(({ name, team }) => [name, team]),
    [
      ['platform', 'platform'],
      ['users', 'platform'],
      ['labeler', 'labeler'],
      ['empty', '']
    ],
    'the main database is first'
  )
  const [platform, users, labeler] = main?.databases ?? []
  t.match(platform?.connection, {
    host: 'db.internal',
    port: 6432,
    user: 'pgvitals',
    database: 'platform',
    password: { file: /^\/.*\/secrets\/pgvitals$/ },
    tls: { mode: 'require' }
  })
  t.match(labeler?.connection, { user: 'labeler_monitor', password: 'l', database: 'labeler', tls: { mode: 'disable' } })
  t.same([labeler?.quotaBytes, users?.quotaBytes], [5, undefined])
  t.same(users?.access, new Map([['labeler_user', 'read']]))
  t.same(main?.discovery?.include, [/^team_/])
  t.same(main?.discovery?.exclude, [/^rdsadmin$/])
  t.match(main?.discovery?.connection, { user: 'pgvitals', database: 'platform' })

  t.match(other, {
    name: 'other',
    pollCostShare: 0.005,
    maxSessions: 4,
    maxSamplesPerDatabase: 20_000,
    databases: [{ name: 'postgres' }],
    discovery: { include: [/.*/], exclude: [] }
  })
  t.match(other?.databases[0]?.connection, {
    host: '/var/run/postgresql',
    port: 5432,
    password: { command: ['print-token', '--for', 'other'] }
  })

  t.match(teams.get('labeler')?.tokens, ['geheim', { file: /secrets\/token$/ }])
  t.notOk(queries.some(({ name }) => name === 'locks'))
  t.equal(queries.find(({ name }) => name === 'stat_user_tables')?.intervalSeconds, 60)
  for (const name of ['pgvitals.yaml', 'secrets/pgvitals', 'secrets/token'])
    t.ok(
      configFiles.some((file) => file.endsWith(name)),
      name
    )
  t.same(notes, [])
})

test('a role of a database never has the password of the server', async (t) => {
  const { servers } = readFrom(
    t,
    'servers: { s: { host: h, user: u, password: p, databases: { a: {}, b: { user: v }, c: { password: q } } } }'
  )
  t.match(
    servers[0]?.databases.map(({ connection: { user, password } }) => [user, password]),
    [
      ['u', 'p'],
      ['v', { pgpass: '/nowhere' }],
      ['u', 'q']
    ]
  )
})

test('a database in the file and in the environment is one database, as the file configures it', async (t) => {
  const yaml = 'servers: { main: { host: localhost, user: u, password: p, databases: { labeler: { team: labeler } } } }'
  const { servers, notes } = readFrom(t, yaml, {
    DATABASE_URL: 'postgresql://admin:geheim@127.0.0.1:5432/platform',
    LABELER_DATABASE_URL: 'postgresql://admin:geheim@[::1]/labeler',
    OTHER_DATABASE_URL: 'postgresql://admin@h/other'
  })
  t.same(
    servers.map(({ name, databases }) => [name, databases.map((database) => [database.name, database.team, database.connection.user])]),
    [
      [
        'main',
        [
          ['labeler', 'labeler', 'u'],
          ['platform', '', 'admin']
        ]
      ],
      ['h:5432', [['other', '', 'admin']]]
    ]
  )
  t.match(notes, [/^LABELER_DATABASE_URL is ignored: .*pgvitals\.yaml configures the database labeler of server main$/])
})

test('a server of the environment and another one of the file cannot have the same name', async (t) => {
  const yaml = 'servers: { "h:5432": { host: other, user: u, databases: { a: } } }'
  t.match(errorsOf(t, yaml, { DATABASE_URL: 'postgresql://u:geheim@h/b' }), [
    /^DATABASE_URL: \S*pgvitals\.yaml gives the name h:5432 to another server; rename it there$/
  ])
  t.same(errorsOf(t, yaml, { DATABASE_URL: 'postgresql://u:geheim@other/b' }), [])
})

test('the environment overrides the file for a query', async (t) => {
  const yaml = 'servers: { s: { host: h, user: u, databases: { a: } } }\nqueries: { locks: off, wal: { interval: 60s } }'
  const { queries } = readFrom(t, yaml, { PGVITALS_QUERIES: 'locks: { interval: 30s }' })
  t.equal(queries.find(({ name }) => name === 'locks')?.intervalSeconds, 30)
  t.equal(queries.find(({ name }) => name === 'wal')?.intervalSeconds, 60)
})

test('the length of statement texts can be tuned', async (t) => {
  const yaml = 'servers: { s: { host: h, user: u, databases: { a: } } }\nqueries: { stat_statements_query_id: { text: 500 } }'
  const { queries } = readFrom(t, yaml)
  t.match(queries.find(({ name }) => name === 'stat_statements_query_id')?.statements, { kind: 'texts', textLength: 500 })
})

test('root certificates of a database imply verify-full, even if the mode of its server allows connections without TLS', async (t) => {
  const modeOf = (server: string, database: string) =>
    readFrom(
      t,
      `servers: { s: { host: h, user: u, tls: { ${server} }, databases: { a: { tls: { ${database} } } } } }`,
      {},
      {
        'ca.pem': rootCertificates[0] ?? ''
      }
    ).servers[0]?.databases[0]?.connection.tls.mode
  t.equal(modeOf('mode: prefer', 'ca: ca.pem'), 'verify-full')
  t.equal(modeOf('mode: allow', 'ca: system'), 'verify-full')
  t.equal(modeOf('mode: require', 'ca: ca.pem'), 'require')
  t.equal(modeOf('ca: ca.pem', 'mode: prefer'), 'prefer')
  t.equal(modeOf('mode: prefer, ca: ca.pem', ''), 'prefer')
  t.equal(modeOf('mode: prefer', 'mode: prefer, ca: ca.pem'), 'prefer', 'an explicit mode applies')
})

test('a team with tokens that owns no database gets a note', async (t) => {
  t.match(readFrom(t, `servers: { s: { host: h, user: u, databases: { a: } } }\nteams: { labelr: { tokens: [x] } }`).notes, [
    /teams\.labelr: the team owns no declared database/
  ])
})

test('the example is valid, and its first line names the schema', async (t) => {
  const example = readFileSync(join(import.meta.dirname, '..', '..', 'pgvitals.example.yaml'), 'utf8')
  t.match(example, /^# yaml-language-server: \$schema=\.\/pgvitals\.schema\.json\n/)
  const yaml = example.replaceAll('/run/secrets/', '')
  const { servers, teams, notes } = readFrom(
    t,
    yaml,
    {},
    { pgvitals: 'p', 'labeler-token': 't', 'prometheus-token': 't', 'rds.pem': rootCertificates[0] ?? '' }
  )
  t.same(
    servers.map(({ name, databases }) => [name, databases.map((database) => database.name)]),
    [
      ['main', ['platform', 'users', 'labeler']],
      ['local', ['postgres']]
    ]
  )
  t.equal(servers[0]?.databases[0]?.connection.tls.mode, 'verify-full')
  t.ok(teams.has('labeler'))
  t.same(notes, [])
})

test('pgvitals.yaml in the working directory is the default file', async (t) => {
  const folder = t.testdir({
    'pgvitals.yaml': 'servers: { here: { host: h, user: u, databases: { a: { password: { file: p } } } } }',
    p: 'p'
  })
  const before = process.cwd()
  t.teardown(() => process.chdir(before))
  process.chdir(folder)
  const { servers, files } = readConfig({})
  t.match(servers, [{ name: 'here', databases: [{ connection: { password: { file: /\/p$/ } } }] }])
  t.match(
    files.map((file) => basename(file)),
    ['pgvitals.yaml', '.env', 'p']
  )
})

test('tokens for everything are independent of the tokens of teams', async (t) => {
  const yaml =
    'servers: { s: { host: h, user: u, databases: { a: { team: x } } } }\ntokens: [{ env: TOKEN }, other]\nteams: { x: { tokens: [own] } }'
  const { tokens, teams } = readFrom(t, yaml, { TOKEN: 'for-all' })
  t.same(tokens, ['for-all', 'other'])
  t.same(teams.get('x'), { tokens: ['own'], users: [] })
})
