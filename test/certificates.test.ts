import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'tap'
import { readConfig } from '../src/config/config.ts'
import { everySecond, makeExporter, until } from './exporter/run-exporter.ts'
import { allOf, sampleValue } from './page/parse-page.ts'
import { hasTool } from './servers/has-tool.ts'
import { makeCertificate } from './servers/make-certificate.ts'
import { startServer, type TestServer } from './servers/start-server.ts'
import { createTeamDatabases } from './servers/team-databases.ts'

/** Writes a file into the data directory as the operating system user of the server. */
async function writeInto(server: TestServer, name: string, text: string): Promise<void> {
  const lines = `select line from unnest(string_to_array($$${text.trim()}$$, chr(10))) as line`
  await server.sql('postgres', `copy (${lines}) to program 'umask 077; cat > ${name}'`)
}

test('sessions use client certificates, verify the server against root certificates, and export the expiry time', async (t) => {
  if (!hasTool(t, 'openssl', 'openssl')) return
  const folder = mkdtempSync(join(tmpdir(), 'pgvitals-certificates-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const read = (name: string) => readFileSync(join(folder, name), 'utf8')
  makeCertificate(folder, 'ca', 'authority', { days: 9 })
  makeCertificate(folder, 'server', 'localhost', { issuer: 'ca' })
  makeCertificate(folder, 'client', 'pgvitals', { issuer: 'ca' })
  makeCertificate(folder, 'foreign', 'foreign')

  const server = await startServer()
  t.teardown(() => server.remove())
  await createTeamDatabases(server)
  await writeInto(server, 'server.key', read('server.key'))
  await writeInto(server, 'server.crt', read('server.pem'))
  await writeInto(server, 'root.crt', read('ca.pem'))
  await writeInto(
    server,
    'pg_hba.conf',
    'hostssl platform,users pgvitals all cert\nhost labeler pgvitals all scram-sha-256\nhost all postgres all scram-sha-256'
  )
  await server.sql('postgres', 'alter system set ssl = on', "alter system set ssl_ca_file = 'root.crt'", 'select pg_reload_conf()')

  const environment = { PGVITALS_CONFIG: join(folder, 'pgvitals.yaml'), PGPASSFILE: '/nowhere', PGVITALS_QUERIES: everySecond }
  const configure = (ca: string) =>
    writeFileSync(
      environment.PGVITALS_CONFIG,
      `
servers:
  main:
    host: localhost
    port: ${server.port}
    user: pgvitals
    tls: { ca: ${ca}, cert: client.pem, key: client.key }
    databases:
      platform:
      labeler: { password: secret, tls: { mode: disable } }
`
    )
  configure('ca.pem')
  const { exporter, samples } = makeExporter(environment, { queries: ['stat_user_tables'] })
  t.teardown(() => exporter.stop())
  await exporter.start()
  const isUp = async (datname: string) => sampleValue(await samples(), 'pg_database_up', { datname })
  await until('both databases are up', 10, async () => (await isUp('platform')) === 1 && (await isUp('labeler')) === 1)
  const [tls] = await server.sql(
    'postgres',
    "select ssl, client_dn from pg_stat_ssl join pg_stat_activity using (pid) where datname = 'platform'"
  )
  t.same(tls, { ssl: true, client_dn: '/CN=pgvitals' })
  const expiry = Date.parse(new X509Certificate(read('server.pem')).validTo) / 1000
  t.same(
    allOf(await samples(), 'pgvitals_tls_certificate_expiry_timestamp_seconds').map(({ labels, value }) => [labels.datname, value]),
    [['platform', expiry]],
    'the expiry time of the encrypted session only'
  )

  // The server would accept the role without TLS, but pgvitals must not ignore a certificate that it cannot verify.
  await writeInto(server, 'pg_hba.conf', 'host all all all trust')
  await server.sql('postgres', 'select pg_reload_conf()')
  configure('foreign.pem')
  exporter.update(readConfig(environment).servers)
  await until('the certificate is refused', 20, async () => (await isUp('platform')) === 0)
  t.ok((sampleValue(await samples(), 'pgvitals_errors_total', { datname: 'platform', class: 'tls' }) ?? 0) > 0)
  t.equal(
    sampleValue(await samples(), 'pgvitals_tls_certificate_expiry_timestamp_seconds'),
    expiry,
    'the last expiry time is still exported'
  )

  configure('ca.pem')
  exporter.update(readConfig(environment).servers)
  await until('the right root certificate is tried at once', 5, async () => (await isUp('platform')) === 1)
})
