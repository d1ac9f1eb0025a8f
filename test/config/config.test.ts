import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { rootCertificates } from 'node:tls'
import { test } from 'tap'
import { readConfig } from './read-config.ts'

const url = 'postgresql://admin:devpass@localhost:5432/platform'

function errorsOf(environment: NodeJS.ProcessEnv): readonly string[] {
  try {
    readConfig(environment)
    return []
  } catch (error) {
    return (error as AggregateError).errors.map(({ message }: Error) => message)
  }
}

test('three URLs of one server are one server with three databases, the plain variable first', async (t) => {
  const { servers, port, host } = readConfig({
    USER_DATABASE_URL: 'postgresql://admin:devpass@127.0.0.1:5432/users',
    LABELER_DATABASE_URL: 'postgresql+psycopg://labeler:pass@LOCALHOST:5432/labeler?schema=public',
    DATABASE_URL: url,
    PATH: '/bin'
  })
  t.match(servers, [{ name: 'localhost:5432', databases: [{ name: 'platform' }, { name: 'labeler' }, { name: 'users' }] }])
  t.equal(servers.length, 1)
  t.same([host, port], ['127.0.0.1', 9187])
})

test('the URLs of two servers are two servers, named by host and port as written', async (t) => {
  const { servers } = readConfig({
    DATABASE_URL: url,
    OTHER_DATABASE_URL: 'postgres://a:b@localhost:5433/platform',
    RDS_DATABASE_URL: 'postgres://a:b@Db.internal/platform',
    SIX_DATABASE_URL: 'postgres://a:b@[fd00::1]:5432/platform',
    SOCKET_DATABASE_URL: 'postgresql:///platform?host=/var/run/postgresql'
  })
  t.same(
    servers.map((server) => server.name),
    ['localhost:5432', 'localhost:5433', 'Db.internal:5432', '[fd00::1]:5432', '/var/run/postgresql:5432']
  )
})

test('a URL of another database system is ignored with a note, an empty variable without', async (t) => {
  const { servers, notes } = readConfig({
    DATABASE_URL: url,
    OLD_DATABASE_URL: 'mysql://root:secret@db/x',
    FILE_DATABASE_URL: 'file:./dev.db',
    EMPTY_DATABASE_URL: ''
  })
  t.equal(servers.length, 1)
  t.same(notes, [
    'FILE_DATABASE_URL is ignored: it is not a PostgreSQL URL (file)',
    'OLD_DATABASE_URL is ignored: it is not a PostgreSQL URL (mysql)'
  ])
})

test('a database that two variables configure is one database', async (t) => {
  const { servers, notes } = readConfig({ DATABASE_URL: url, RO_DATABASE_URL: 'postgresql://ro:x@127.0.0.1/platform' })
  t.match(servers, [{ databases: [{ name: 'platform', connection: { user: 'admin' } }] }])
  t.match(notes, [/^RO_DATABASE_URL is ignored: DATABASE_URL configures the database platform of server localhost:5432$/])
})

test('all errors are reported at once, without a secret', async (t) => {
  const errors = errorsOf({
    DATABASE_URL: 'postgresql://admin:geheim@localhost:x/platform',
    A_DATABASE_URL: 'host=localhost password=geheim',
    AA_DATABASE_URL: 'admin:geheim@localhost:5432/db',
    B_DATABASE_URL: 'postgresql://u:geheim@h/db?sslmode=always',
    C_DATABASE_URL: 'postgresql://u:geheim@h1,h2/db',
    D_DATABASE_URL: 'postgresql://u:50%geheim@h/db',
    E_DATABASE_URL: 'postgresql://u:geheim@h/db?sslmode=verify-full',
    F_DATABASE_URL: 'postgresql://u:geheim@h/db?sslmode=require&sslrootcert=/nowhere.pem',
    G_DATABASE_URL: 'postgresql://admin:geheim/x@localhost:5432/platform',
    H_DATABASE_URL: 'postgresql://admin:1234?geheim@host/db',
    I_DATABASE_URL: 'postgresql://geheim:1234?a=geheim@host/db',
    PGVITALS_PORT: 'abc',
    PGVITALS_LOG_LEVEL: 'loud',
    PGVITALS_PROT: '1'
  })
  t.match(errors, [
    /^PGVITALS_PROT: unknown setting; did you mean "PGVITALS_PORT"\? valid settings are PGVITALS_HOST, /,
    /^PGVITALS_PORT: invalid value; must be integer/,
    /^PGVITALS_LOG_LEVEL: invalid value; must be equal to one of the allowed values: fatal, /,
    /^DATABASE_URL: the port must be a number from 1 to 65535/,
    /^AA_DATABASE_URL: not a URL/,
    /^A_DATABASE_URL: not a URL/,
    /^B_DATABASE_URL: sslmode: invalid value; expected disable, allow/,
    /^C_DATABASE_URL: several hosts are not supported/,
    /^D_DATABASE_URL: invalid percent-encoding/,
    /^E_DATABASE_URL: sslmode=verify-full requires root certificates/,
    /^F_DATABASE_URL: sslrootcert: cannot read the file: ENOENT: no such file or directory$/,
    /^G_DATABASE_URL: misplaced @; in a password/,
    /^H_DATABASE_URL: misplaced @; in a password/,
    /^I_DATABASE_URL: misplaced @; in a password/
  ])
  t.equal(errors.length, 14)
  t.notMatch(errors.join(), /geheim/)
})

test('a configuration without a database has one error, which names the variable to set', async (t) => {
  t.match(errorsOf({}), [/^no database is configured; set DATABASE_URL=postgresql:/])
  t.match(errorsOf({ DATABASE_URL: 'mysql://x' }), [/^no database is configured/])
})

test('the variables that Kubernetes sets for a service named pgvitals are ignored', async (t) => {
  const { port } = readConfig({
    DATABASE_URL: url,
    PGVITALS_PORT: 'tcp://10.0.0.7:9187',
    PGVITALS_PORT_9187_TCP: 'tcp://10.0.0.7:9187',
    PGVITALS_SERVICE_HOST: '10.0.0.7'
  })
  t.equal(port, 9187)
})

test('a URL with root certificates and without sslmode is handled as in libpq, with a note', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'pgvitals-url-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const ca = join(folder, 'ca.pem')
  writeFileSync(ca, rootCertificates[0] ?? '')
  const { servers, notes, files } = readConfig({
    DATABASE_URL: `${url}?sslrootcert=${ca}`,
    B_DATABASE_URL: `${url}b?sslmode=require&sslrootcert=${ca}`
  })
  t.equal(servers[0]?.databases[0]?.connection.tls.mode, 'prefer')
  t.same(notes, [
    'DATABASE_URL: despite the root certificates, sslmode=prefer connects without TLS if TLS fails; set sslmode=verify-full to require it'
  ])
  t.ok(files.includes(ca), 'a change of the certificates triggers a reload')
})

test('without a password, the variables and the password file of libpq are used', async (t) => {
  const passwordOf = (more: NodeJS.ProcessEnv) =>
    readConfig({ DATABASE_URL: 'postgresql://u@h/d', ...more }).servers[0]?.databases[0]?.connection.password
  t.match(passwordOf({}), { pgpass: join(homedir(), '.pgpass') })
  t.match(passwordOf({ PGPASSFILE: '/x' }), { pgpass: '/x' })
  t.equal(passwordOf({ PGPASSFILE: '/x', PGPASSWORD: 'p' }), 'p')
  t.equal(passwordOf({ DATABASE_URL: 'postgresql://u:own@h/d', PGPASSWORD: 'p' }), 'own')
})
