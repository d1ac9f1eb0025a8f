import { test } from 'tap'
import { readConfig } from '../../src/config/config.ts'
import { mistakesOf, readFrom } from './read-from.ts'

const base = 'servers: { s: { host: h, user: u, password: geheim, databases: { a: {} } } }\n'
const server = (more: string) => `servers:\n  s:\n    host: h\n    user: u\n    databases: { a: {} }\n    ${more}`
const database = (more: string) => `servers:\n  s:\n    host: h\n    user: u\n    databases:\n      a: { ${more} }`

/** A file, and what is said of it. */
const mistakes: readonly (readonly [yaml: string, expected: string | RegExp])[] = [
  ['', /^no database is configured; /],
  ['- a', 'pgvitals.yaml:1 holds no mapping; expected servers, teams or queries at its top'],
  ['a: "geheim', /^pgvitals\.yaml:1 this is no YAML: Missing closing "quote/],
  ['servers: *geheim', /^pgvitals\.yaml:1 this is no YAML: Unresolved alias/],
  [server('password: !geheim 1'), /^pgvitals\.yaml:6 this is no YAML: Unresolved tag/],
  [server('host: i'), 'pgvitals.yaml:6 this key stands here twice'],
  ['servers:\n  s:\n    host: h\n    user: u\n    databases:\n      a: {}\n      a: {}', 'pgvitals.yaml:7 this key stands here twice'],
  [`${base}serves: {}`, 'pgvitals.yaml:2 serves is no setting; did you mean "servers"? there are servers, teams, tokens, queries'],
  [server('pasword: geheim'), /^pgvitals\.yaml:6 servers\.s\.pasword is no setting; did you mean "password"\? there are host, port/],
  [server('__proto__: {}'), /servers\.s\.__proto__ is no setting; there are/],
  ['servers: { "": { host: h } }', /^pgvitals\.yaml:1 servers\[""\] has no name$/],
  ['servers: { s: { user: u, databases: { a: } } }', 'pgvitals.yaml:1 servers.s.host is missing'],
  ['servers: { s: { host: h, databases: { a: } } }', 'pgvitals.yaml:1 servers.s.user is missing; a has none of its own'],
  ['servers: { s: { host: h, user: u } }', 'pgvitals.yaml:1 servers.s has no database; add databases, or discover: {} to find them'],
  [server('port: 70000'), 'pgvitals.yaml:6 servers.s.port is 70000; expected a number that is <= 65535'],
  [server('port: "5432"'), 'pgvitals.yaml:6 servers.s.port is a text; expected a whole number'],
  [
    server('password: 12345'),
    /^pgvitals\.yaml:6 servers\.s\.password is a number; expected a text \(a number stands in 'quotes'\) or a mapping with env, file, command$/
  ],
  [server('password:'), /servers\.s\.password is empty; expected a text/],
  [server('password: ""'), 'pgvitals.yaml:6 servers.s.password is empty'],
  [
    server('password: { env: X, file: geheim }'),
    'pgvitals.yaml:6 servers.s.password has 2 keys; expected exactly one of env, file, command'
  ],
  [
    server('password: { geheim }'),
    "pgvitals.yaml:6 servers.s.password has an unknown key; expected one of env, file, command, or a text in 'quotes'"
  ],
  [server('tls: { ca:geheim }'), 'pgvitals.yaml:6 servers.s.tls.ca is no setting; there are mode, ca, cert, key'],
  [server('password: {}'), 'pgvitals.yaml:6 servers.s.password has 0 keys; expected exactly one of env, file, command'],
  [server('password: { env: NOT_SET }'), 'pgvitals.yaml:6 servers.s.password.env names the environment variable NOT_SET, which is not set'],
  [server('password: { file: none }'), /^pgvitals\.yaml:6 servers\.s\.password\.file names none, which cannot be read: ENOENT/],
  [server('password: { file: . }'), /servers\.s\.password\.file names \., which cannot be read: EISDIR/],
  [server('password: { file: empty }'), 'pgvitals.yaml:6 servers.s.password.file names empty, which is empty'],
  [server('password: { command: aws }'), 'pgvitals.yaml:6 servers.s.password.command is a text; expected a list'],
  [server('password: { command: [] }'), 'pgvitals.yaml:6 servers.s.password.command is an empty list'],
  [database('password: { file: none }'), /^pgvitals\.yaml:6 servers\.s\.databases\.a\.password\.file names none, which cannot/],
  [server('tls: { mode: verify }'), /^pgvitals\.yaml:6 servers\.s\.tls\.mode is "verify"; expected disable, allow/],
  [server('tls: { mode: verify-ful }'), /servers\.s\.tls\.mode is "verify-ful"; did you mean "verify-full"\? expected/],
  [server('tls: { mode: verify-ca }'), /servers\.s\.tls\.mode is verify-ca without root certificates; add ca:/],
  [server('tls: { mode: require, ca: system }'), /servers\.s\.tls\.mode is require, but ca: system needs verify-full/],
  [server('tls: { ca: none }'), /servers\.s\.tls\.ca names none, which cannot be read: ENOENT/],
  [server('tls: { ca: text }'), 'pgvitals.yaml:6 servers.s.tls.ca names text, which holds no certificate (PEM)'],
  [server('tls: { cert: text }'), 'pgvitals.yaml:6 servers.s.tls.cert stands alone; a client certificate needs both cert and key'],
  [server('tls: { cert: text, key: text }'), /servers\.s\.tls\.cert and key are no certificate and its key \(PEM, without a passphrase\)/],
  [server('tls: { cert: text, key: none }'), /servers\.s\.tls\.key names none, which cannot be read/],
  [database('tls: { mode: verify-ca }'), /servers\.s\.databases\.a\.tls\.mode is verify-ca without root certificates/],
  [server('max_sessions: 0'), 'pgvitals.yaml:6 servers.s.max_sessions is 0; expected a number that is >= 1'],
  [server('capacity_bytes: 100GB'), 'pgvitals.yaml:6 servers.s.capacity_bytes is a text; expected a whole number'],
  [database('quota_bytes: 0'), 'pgvitals.yaml:6 servers.s.databases.a.quota_bytes is 0; expected a number that is >= 1'],
  [database('quota_bytes:'), 'pgvitals.yaml:6 servers.s.databases.a.quota_bytes is empty; expected a whole number'],
  [
    `${database('quota_bytes: 9')}\n    capacity_bytes: 8`,
    "pgvitals.yaml:6 servers.s.databases.a.quota_bytes is more than the server's capacity_bytes, 8"
  ],
  [
    database('access: { x: rad }'),
    'pgvitals.yaml:6 servers.s.databases.a.access.x is "rad"; did you mean "read"? expected none, connect, read, write, owner'
  ],
  [database('team: ""'), 'pgvitals.yaml:6 servers.s.databases.a.team is empty'],
  [
    server('discover: { include: ["("] }'),
    'pgvitals.yaml:6 servers.s.discover.include.0 is "(", no regular expression: Unterminated group'
  ],
  [server('discover: { include: [] }'), 'pgvitals.yaml:6 servers.s.discover.include is an empty list'],
  [server('discover: { exclude: [b, "^a$"] }'), 'pgvitals.yaml:6 servers.s.discover.exclude.1 excludes a, which is configured by its name'],
  ['servers: { s: { host: h, discover: {} } }', 'pgvitals.yaml:1 servers.s.user is missing; postgres has none of its own'],
  [
    'servers:\n  a.b: { host: localhost, user: u, databases: { a: } }\n  c: { host: 127.0.0.1, user: u, databases: { a: } }',
    'pgvitals.yaml:3 servers.c.host and port are those of the server a.b; one server stands here once'
  ],
  [`${base}teams: { x: { tokens: [] } }`, 'pgvitals.yaml:2 teams.x.tokens is an empty list'],
  [`${base}teams: { x: { tokens: [{ file: none }] } }`, /^pgvitals\.yaml:2 teams\.x\.tokens\.0\.file names none, which cannot be read/],
  [
    `${base}teams: { x: { tokens: [{ command: [a] }] } }`,
    "pgvitals.yaml:2 teams.x.tokens.0 has an unknown key; expected one of env, file, or a text in 'quotes'"
  ],
  [`${base}queries: { lokcs: off }`, 'pgvitals.yaml:2 queries.lokcs is no query; did you mean "locks"?'],
  [`${base}queries: { locks: of }`, /^pgvitals\.yaml:2 queries\.locks is "of"; did you mean "o[nf]f?"\? expected on, off$/],
  [`${base}queries: { locks: { interval: 60 } }`, /queries\.locks\.interval is a number; expected a text/],
  [`${base}queries: { locks: { interval: 0s } }`, 'pgvitals.yaml:2 queries.locks.interval is "0s"; expected a value like 15s, 5m, 1h'],
  [
    `${base}queries: { locks: { row: 5 } }`,
    /queries\.locks\.row is no setting; did you mean "rows"\? there are interval, timeout, rows, top/
  ]
]

test('every mistake is told with file, line and path, once, and without a secret', async (t) => {
  for (const [yaml, expected] of mistakes) {
    const told = mistakesOf(t, yaml, {}, { empty: '\n', text: 'geheim' })
    t.match(told, [expected], yaml)
    t.equal(told.length, 1, `${yaml}\n${told.join('\n')}`)
    t.notMatch(told.join(), /geheim/, yaml)
  }
})

test('all mistakes of file and environment are told at once, those of the file in its order', async (t) => {
  const yaml = `
servers:
  s:
    user: u
    password: { file: none }
    databases: { a: { tam: x, password: 5 }, b: { quota_bytes: -1 } }
    tls: { ca: none }
queries: { lokcs: off }
`
  t.match(mistakesOf(t, yaml, { PGVITALS_PORT: 'x', A_DATABASE_URL: 'geheim', PGVITALS_QUERIES: 'wall: off' }), [
    /^PGVITALS_PORT is "x"/,
    /^A_DATABASE_URL is no URL/,
    /^PGVITALS_QUERIES: there is no query "wall"/,
    /^pgvitals\.yaml:3 servers\.s\.host is missing/,
    /^pgvitals\.yaml:5 servers\.s\.password\.file names none/,
    /^pgvitals\.yaml:6 servers\.s\.databases\.a\.tam is no setting; did you mean "team"/,
    /^pgvitals\.yaml:6 servers\.s\.databases\.a\.password is a number/,
    /^pgvitals\.yaml:6 servers\.s\.databases\.b\.quota_bytes is -1/,
    /^pgvitals\.yaml:7 servers\.s\.tls\.ca names none/,
    /^pgvitals\.yaml:8 queries\.lokcs is no query/
  ])
})

test('every line that is no YAML, and every key that stands twice, is told', async (t) => {
  t.match(mistakesOf(t, 'a: @x\nb: @x\n'), [/^pgvitals\.yaml:1 this is no YAML/, /^pgvitals\.yaml:2 this is no YAML/])
  t.match(mistakesOf(t, `${base}servers: {}\nteams: {}\nteams: {}`).slice(0, 2), [
    /:2 this key stands here twice/,
    /:4 this key stands here twice/
  ])
})

test('a file that is named must be there; the default one need not', async (t) => {
  const read = (environment: NodeJS.ProcessEnv) => readConfig({ DATABASE_URL: 'postgresql://u:p@h/d', ...environment })
  t.throws(() => read({ PGVITALS_CONFIG: '/nowhere.yaml' }), { errors: [{ message: /^\/nowhere\.yaml cannot be read: ENOENT/ }] })
  t.equal(read({}).servers.length, 1)
})

test('anchors and merges work, and a mistake in what is merged has a line', async (t) => {
  const yaml = 'servers:\n  a: &a { host: h, user: u, password: p, databases: { a: } }\n  b: { <<: *a, port: 6000 }'
  t.same(
    readFrom(t, yaml).servers.map(({ databases }) => databases[0]?.connection.port),
    [5432, 6000]
  )
  t.match(mistakesOf(t, yaml.replace('user: u', 'user: 5')), [
    /^pgvitals\.yaml:2 servers\.a\.user is a number/,
    /^pgvitals\.yaml:3 servers\.b\.user is a number/
  ])
})
