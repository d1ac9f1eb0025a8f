import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'tap'
import { parseDatabaseUrl } from '../../src/config/database-url.ts'
import { classOf } from '../../src/server/error-class.ts'
import { openSession } from '../../src/server/session.ts'
import { files } from '../config/read-config.ts'
import { hasTool } from '../servers/has-tool.ts'
import { freePort, startServer, type TestServer } from '../servers/start-server.ts'
import { startCounter } from './start-counter.ts'

/** Whether the session of a URL is encrypted, or the class of the error. */
async function outcome(server: TestServer, host: string, parameters: string, password = 'secret'): Promise<string> {
  const url = `postgresql://postgres:${password}@${host}:${server.port}/postgres?${parameters}`
  try {
    const session = await openSession(parseDatabaseUrl(url, { read: files }))
    const { rows } = await session.run('select ssl from pg_stat_ssl where pid = pg_backend_pid()', { timeoutSeconds: 5, maxRows: 1 })
    await session.close()
    return rows[0]?.[0] === 't' ? 'encrypted' : 'plain'
  } catch (error) {
    return classOf(error)
  }
}

/** Creates a key and a self-signed certificate for a host name. */
function makeCertificate(folder: string, name: string): { readonly key: string; readonly certificate: string; readonly path: string } {
  const [key, path] = [join(folder, `${name}.key`), join(folder, `${name}.pem`)]
  const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`]
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key, '-out', path, ...subject], {
    stdio: 'ignore'
  })
  return { key: readFileSync(key, 'utf8'), certificate: readFileSync(path, 'utf8'), path }
}

/** Writes a file into the data directory as the server's user. */
async function writeFile(server: TestServer, name: string, text: string): Promise<void> {
  await server.sql(
    'postgres',
    `copy (select line from unnest(string_to_array($$${text.trim()}$$, chr(10))) as line) to program 'umask 077; cat > ${name}'`
  )
}

/** Replaces pg_hba.conf. */
async function reload(server: TestServer, rules: string): Promise<void> {
  await writeFile(server, 'pg_hba.conf', rules)
  await server.sql('postgres', 'select pg_reload_conf()', 'select pg_sleep(0.3)').catch(() => {})
}

test('sslmode and the other parameters of TLS have the same meaning as in libpq', async (t) => {
  if (!hasTool(t, 'openssl', 'openssl')) return
  const folder = mkdtempSync(join(tmpdir(), 'pgvitals-certificates-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const [own, foreign] = [makeCertificate(folder, 'localhost'), makeCertificate(folder, 'elsewhere')]
  const server = await startServer()
  t.teardown(() => server.remove())

  const expectAll = async (what: string, cases: readonly (readonly [string, string, string])[]) => {
    for (const [host, parameters, expected] of cases)
      t.equal(await outcome(server, host, parameters), expected, `${what}: ${host} ${parameters}`)
  }

  await expectAll('a server without TLS', [
    ['localhost', '', 'plain'],
    ['localhost', 'sslmode=disable', 'plain'],
    ['localhost', 'sslmode=allow', 'plain'],
    ['localhost', 'sslmode=require', 'tls'],
    ['localhost', `sslmode=verify-full&sslrootcert=${own.path}`, 'tls']
  ])

  await writeFile(server, 'server.key', own.key)
  await writeFile(server, 'server.crt', own.certificate)
  await server.sql('postgres', 'alter system set ssl = on', 'select pg_reload_conf()', 'select pg_sleep(0.3)')
  await expectAll('a server with TLS', [
    ['localhost', '', 'encrypted'],
    ['localhost', 'sslmode=disable', 'plain'],
    ['localhost', 'sslmode=allow', 'plain'],
    ['localhost', 'sslmode=require', 'encrypted'],
    ['127.0.0.1', `sslmode=require&sslrootcert=${own.path}`, 'encrypted'],
    ['localhost', `sslmode=require&sslrootcert=${foreign.path}`, 'tls'],
    ['127.0.0.1', `sslmode=verify-ca&sslrootcert=${own.path}`, 'encrypted'],
    ['localhost', `sslmode=verify-ca&sslrootcert=${foreign.path}`, 'tls'],
    ['localhost', `sslmode=verify-full&sslrootcert=${own.path}`, 'encrypted'],
    ['127.0.0.1', `sslmode=verify-full&sslrootcert=${own.path}`, 'tls'],
    ['localhost', 'sslmode=verify-full&sslrootcert=system', 'tls'],
    ['localhost', 'sslmode=require&channel_binding=require', 'encrypted'],
    ['localhost', 'sslmode=disable&channel_binding=require', 'auth'],
    ['localhost', 'sslmode=require&sslnegotiation=direct', 'encrypted'],
    ['localhost', 'sslmode=require&ssl_min_protocol_version=TLSv1.3', 'encrypted'],
    ['localhost', 'sslmode=require&ssl_max_protocol_version=TLSv1.1&ssl_min_protocol_version=TLSv1', 'tls'],
    ['localhost', `hostaddr=127.0.0.1&sslmode=verify-full&sslrootcert=${own.path}`, 'encrypted'],
    ['elsewhere', `hostaddr=127.0.0.1&sslmode=verify-full&sslrootcert=${own.path}`, 'tls']
  ])

  const rest = 'local all all scram-sha-256\nhost all other all reject'
  await reload(server, `hostnossl all all all scram-sha-256\n${rest}`)
  await expectAll('a server that rejects TLS in pg_hba.conf', [
    ['localhost', '', 'plain'],
    ['localhost', 'sslmode=require', 'auth']
  ])
  await reload(server, `hostssl all all all scram-sha-256\n${rest}`)
  await expectAll('a server that requires TLS in pg_hba.conf', [
    ['localhost', 'sslmode=allow', 'encrypted'],
    ['localhost', 'sslmode=disable', 'auth']
  ])
})

test('a wrong password is sent once, even if the mode has another method', async (t) => {
  const server = await startServer()
  t.teardown(() => server.remove())
  for (const [mode, password, expected, connections] of [
    ['prefer', 'secret', 'plain', 2],
    ['prefer', 'wrong', 'auth', 2],
    ['allow', 'secret', 'plain', 1],
    ['allow', 'wrong', 'auth', 1]
  ] as const) {
    const counter = await startCounter(server.port)
    t.equal(await outcome({ ...server, port: counter.port }, '127.0.0.1', `sslmode=${mode}`, password), expected, `${mode} ${password}`)
    t.equal(counter.count(), connections, `${mode}: ${connections} connections, of prefer the first only requests TLS`)
    counter.close()
  }
  // PAM, LDAP, RADIUS and RDS IAM reject a password with the SQLSTATE of a missing pg_hba.conf rule. This RADIUS server does not respond for 3 s.
  const unreachable = `radiusservers="127.0.0.1" radiussecrets="x" radiusports="${await freePort()}"`
  await reload(server, `host all all all radius ${unreachable}`)
  const counter = await startCounter(server.port)
  t.teardown(() => counter.close())
  t.equal(await outcome({ ...server, port: counter.port }, '127.0.0.1', 'sslmode=allow', 'wrong'), 'auth')
  t.equal(counter.count(), 1, 'even if the error does not name the password')
})
