import { test } from 'tap'
import { readConfig } from '../../src/config/config.ts'
import { errorsOf, readFrom } from './read-from.ts'

const base = 'servers: { s: { host: h, user: u, password: geheim, databases: { a: {} } } }\n'
const server = (more: string) => `servers:\n  s:\n    host: h\n    user: u\n    databases: { a: {} }\n    ${more}`
const database = (more: string) => `servers:\n  s:\n    host: h\n    user: u\n    databases:\n      a: { ${more} }`

/** A file and its error. */
const cases: readonly (readonly [yaml: string, expected: string | RegExp])[] = [
  ['', /^no database is configured; /],
  ['- a', 'pgvitals.yaml:1: the top level is not a mapping; expected the keys servers, teams, tokens, detail or queries'],
  ['a: "geheim', /^pgvitals\.yaml:1: invalid YAML: Missing closing "quote/],
  ['servers: *geheim', /^pgvitals\.yaml:1: invalid YAML: Unresolved alias/],
  [server('password: !geheim 1'), /^pgvitals\.yaml:6: invalid YAML: Unresolved tag/],
  [server('host: i'), 'pgvitals.yaml:6: duplicate key'],
  ['servers:\n  s:\n    host: h\n    user: u\n    databases:\n      a: {}\n      a: {}', 'pgvitals.yaml:7: duplicate key'],
  [
    `${base}serves: {}`,
    'pgvitals.yaml:2: serves: unknown setting; did you mean "servers"? valid settings are servers, teams, tokens, detail, queries'
  ],
  [
    server('pasword: geheim'),
    /^pgvitals\.yaml:6: servers\.s\.pasword: unknown setting; did you mean "password"\? valid settings are host, port/
  ],
  [server('__proto__: {}'), /servers\.s\.__proto__: unknown setting; valid settings are/],
  ['servers: { "": { host: h } }', /^pgvitals\.yaml:1: servers\[""\]: the name must not be empty$/],
  ['servers: { s: { user: u, databases: { a: } } }', 'pgvitals.yaml:1: servers.s.host: required, but missing'],
  ['servers: { s: { host: h, databases: { a: } } }', 'pgvitals.yaml:1: servers.s.user: required, because the database a has no user'],
  ['servers: { s: { host: h, user: u } }', 'pgvitals.yaml:1: servers.s: the server has no database; add databases, or discover: {}'],
  [server('port: 70000'), 'pgvitals.yaml:6: servers.s.port: invalid value 70000; the maximum is 65535'],
  [server('port: "5432"'), 'pgvitals.yaml:6: servers.s.port: expected an integer, found a string'],
  [
    server('password: 12345'),
    /^pgvitals\.yaml:6: servers\.s\.password: expected a string \(quote numbers\) or a mapping with env, file or command, found a number$/
  ],
  [server('password:'), /servers\.s\.password: expected a string .*, found nothing$/],
  [server('password: ""'), 'pgvitals.yaml:6: servers.s.password: must not be empty'],
  [
    server('password: { env: X, file: geheim }'),
    'pgvitals.yaml:6: servers.s.password: expected exactly one of the keys env, file, command; found 2'
  ],
  [server('password: { geheim }'), 'pgvitals.yaml:6: servers.s.password: unknown key; expected env, file or command, or a quoted string'],
  [server('tls: { ca:geheim }'), 'pgvitals.yaml:6: servers.s.tls.ca: unknown setting; valid settings are mode, ca, cert, key'],
  [server('password: {}'), 'pgvitals.yaml:6: servers.s.password: expected exactly one of the keys env, file, command; found 0'],
  [server('password: { env: NOT_SET }'), 'pgvitals.yaml:6: servers.s.password.env: the environment variable NOT_SET is not set'],
  [server('password: { file: none }'), /^pgvitals\.yaml:6: servers\.s\.password\.file: cannot read the file: ENOENT/],
  [server('password: { file: . }'), /servers\.s\.password\.file: cannot read the file: EISDIR/],
  [server('password: { file: empty }'), 'pgvitals.yaml:6: servers.s.password.file: the file is empty'],
  [server('password: { command: aws }'), 'pgvitals.yaml:6: servers.s.password.command: expected a list, found a string'],
  [server('password: { command: [] }'), 'pgvitals.yaml:6: servers.s.password.command: the list must not be empty'],
  [database('password: { file: none }'), /^pgvitals\.yaml:6: servers\.s\.databases\.a\.password\.file: cannot read the file/],
  [server('tls: { mode: verify }'), /^pgvitals\.yaml:6: servers\.s\.tls\.mode: invalid value; expected disable, allow/],
  [server('tls: { mode: verify-ful }'), /servers\.s\.tls\.mode: invalid value; did you mean "verify-full"\? expected/],
  [server('tls: { mode: verify-ca }'), /servers\.s\.tls\.mode: verify-ca requires root certificates; add ca:/],
  [server('tls: { mode: require, ca: system }'), /servers\.s\.tls\.mode: require cannot be used with ca: system, .*; use verify-full$/],
  [server('tls: { ca: none }'), /servers\.s\.tls\.ca: cannot read the file: ENOENT/],
  [server('tls: { ca: text }'), 'pgvitals.yaml:6: servers.s.tls.ca: the file contains no certificate (PEM)'],
  [server('tls: { cert: text }'), 'pgvitals.yaml:6: servers.s.tls.cert: a client certificate requires both cert and key'],
  [
    server('tls: { cert: text, key: text }'),
    /servers\.s\.tls\.cert: cert and key are not a certificate and its key \(PEM, without a passphrase\)/
  ],
  [server('tls: { cert: text, key: none }'), /servers\.s\.tls\.key: cannot read the file/],
  [database('tls: { mode: verify-ca }'), /servers\.s\.databases\.a\.tls\.mode: verify-ca requires root certificates/],
  [server('poll_cost_percent: 0'), 'pgvitals.yaml:6: servers.s.poll_cost_percent: invalid value 0; the minimum is 0.1'],
  [server('max_sessions: 0'), 'pgvitals.yaml:6: servers.s.max_sessions: invalid value 0; the minimum is 1'],
  [server('capacity_bytes: 100GB'), 'pgvitals.yaml:6: servers.s.capacity_bytes: expected an integer, found a string'],
  [database('quota_bytes: 0'), 'pgvitals.yaml:6: servers.s.databases.a.quota_bytes: invalid value 0; the minimum is 1'],
  [database('quota_bytes:'), 'pgvitals.yaml:6: servers.s.databases.a.quota_bytes: expected an integer, found nothing'],
  [
    `${database('quota_bytes: 9')}\n    capacity_bytes: 8`,
    'pgvitals.yaml:6: servers.s.databases.a.quota_bytes: the quota exceeds the capacity_bytes of the server, 8'
  ],
  [
    database('access: { x: rad }'),
    'pgvitals.yaml:6: servers.s.databases.a.access.x: invalid value; did you mean "read"? expected none, connect, read, write or owner'
  ],
  [database('team: ""'), 'pgvitals.yaml:6: servers.s.databases.a.team: must not be empty'],
  [server('discover: { include: ["("] }'), 'pgvitals.yaml:6: servers.s.discover.include.0: invalid regular expression: Unterminated group'],
  [server('discover: { include: [] }'), 'pgvitals.yaml:6: servers.s.discover.include: the list must not be empty'],
  [
    server('discover: { exclude: [b, "^a$"] }'),
    'pgvitals.yaml:6: servers.s.discover.exclude.1: the pattern excludes a, which is configured explicitly'
  ],
  ['servers: { s: { host: h, discover: {} } }', 'pgvitals.yaml:1: servers.s.user: required, because the database postgres has no user'],
  [
    'servers:\n  a.b: { host: localhost, user: u, databases: { a: } }\n  c: { host: 127.0.0.1, user: u, databases: { a: } }',
    'pgvitals.yaml:3: servers.c.host: the server a.b has the same host and port; declare each server once'
  ],
  [`${base}teams: { x: { tokens: [] } }`, 'pgvitals.yaml:2: teams.x.tokens: the list must not be empty'],
  [`${base}teams: { x: { tokens: [{ file: none }] } }`, /^pgvitals\.yaml:2: teams\.x\.tokens\.0\.file: cannot read the file/],
  [
    `${base}teams: { x: { tokens: [{ command: [a] }] } }`,
    'pgvitals.yaml:2: teams.x.tokens.0: unknown key; expected env or file, or a quoted string'
  ],
  [
    `${base}teams: { x: { users: [ann] } }`,
    'pgvitals.yaml:2: teams.x.users.0: users need PGVITALS_WEB_CONFIG, a file with basic_auth_users'
  ],
  [`${base}teams: { x: { users: [] } }`, 'pgvitals.yaml:2: teams.x.users: the list must not be empty'],
  [`${base}queries: { lokcs: off }`, 'pgvitals.yaml:2: queries.lokcs: unknown query; did you mean "locks"?'],
  [`${base}queries: { locks: of }`, /^pgvitals\.yaml:2: queries\.locks: invalid value; did you mean "o[nf]f?"\? expected on or off$/],
  [`${base}queries: { locks: { interval: 60 } }`, /queries\.locks\.interval: expected a string \(quote numbers\), found a number/],
  [
    `${base}queries: { locks: { interval: 0s } }`,
    'pgvitals.yaml:2: queries.locks.interval: invalid value; expected a value such as 15s, 5m, 1h'
  ],
  [
    `${base}queries: { locks: { row: 5 } }`,
    /queries\.locks\.row: unknown setting; did you mean "rows"\? valid settings are interval, timeout, rows, top/
  ]
]

test('every error is reported once, with file, line and key, and without a secret', async (t) => {
  for (const [yaml, expected] of cases) {
    const errors = errorsOf(t, yaml, {}, { empty: '\n', text: 'geheim' })
    t.match(errors, [expected], yaml)
    t.equal(errors.length, 1, `${yaml}\n${errors.join('\n')}`)
    t.notMatch(errors.join(), /geheim/, yaml)
  }
})

test('all errors of the file and the environment are reported at once, those of the file in its order', async (t) => {
  const yaml = `
servers:
  s:
    user: u
    password: { file: none }
    databases: { a: { tam: x, password: 5 }, b: { quota_bytes: -1 } }
    tls: { ca: none }
queries: { lokcs: off }
`
  t.match(errorsOf(t, yaml, { PGVITALS_PORT: 'x', A_DATABASE_URL: 'geheim', PGVITALS_QUERIES: 'wall: off' }), [
    /^PGVITALS_PORT: invalid value/,
    /^A_DATABASE_URL: not a URL/,
    /^PGVITALS_QUERIES: .*"wall"/,
    /^pgvitals\.yaml:3: servers\.s\.host: required, but missing/,
    /^pgvitals\.yaml:5: servers\.s\.password\.file: cannot read the file/,
    /^pgvitals\.yaml:6: servers\.s\.databases\.a\.tam: unknown setting; did you mean "team"/,
    /^pgvitals\.yaml:6: servers\.s\.databases\.a\.password: expected a string/,
    /^pgvitals\.yaml:6: servers\.s\.databases\.b\.quota_bytes: invalid value -1/,
    /^pgvitals\.yaml:7: servers\.s\.tls\.ca: cannot read the file/,
    /^pgvitals\.yaml:8: queries\.lokcs: unknown query/
  ])
})

test('every YAML error and every duplicate key is reported', async (t) => {
  t.match(errorsOf(t, 'a: @x\nb: @x\n'), [/^pgvitals\.yaml:1: invalid YAML/, /^pgvitals\.yaml:2: invalid YAML/])
  t.match(errorsOf(t, `${base}servers: {}\nteams: {}\nteams: {}`).slice(0, 2), [/:2: duplicate key/, /:4: duplicate key/])
})

test('a configured file must exist; the default file need not', async (t) => {
  const read = (environment: NodeJS.ProcessEnv) => readConfig({ DATABASE_URL: 'postgresql://u:p@h/d', ...environment })
  t.throws(() => read({ PGVITALS_CONFIG: '/nowhere.yaml' }), { errors: [{ message: /^\/nowhere\.yaml: cannot be read: ENOENT/ }] })
  t.equal(read({}).servers.length, 1)
})

test('anchors and merge keys work, and an error in a merged value has a line', async (t) => {
  const yaml = 'servers:\n  a: &a { host: h, user: u, password: p, databases: { a: } }\n  b: { <<: *a, port: 6000 }'
  t.same(
    readFrom(t, yaml).servers.map(({ databases }) => databases[0]?.connection.port),
    [5432, 6000]
  )
  t.match(errorsOf(t, yaml.replace('user: u', 'user: 5')), [
    /^pgvitals\.yaml:2: servers\.a\.user: expected a string/,
    /^pgvitals\.yaml:3: servers\.b\.user: expected a string/
  ])
})
