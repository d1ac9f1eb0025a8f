import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { Agent, type RequestOptions, request } from 'node:https'
import { connect as connectTcp } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ConnectionOptions, connect } from 'node:tls'
import { type Test, test } from 'tap'
import { clientAuthTypes } from '../../src/config/web-config-schema.ts'
import { createApp } from '../../src/http/app.ts'
import { createTlsServer, type TlsSettings } from '../../src/http/tls-server.ts'
import { hasTool } from '../servers/has-tool.ts'
import { makeCertificate } from '../servers/make-certificate.ts'
import { makeServed } from './make-served.ts'

/** Certificates of a server, its successor, and of clients: signed by `ca`, or by themselves. */
function makeCertificates(t: Test) {
  const folder = mkdtempSync(join(tmpdir(), 'pgvitals-tls-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  makeCertificate(folder, 'ca', 'authority')
  for (const name of ['server', 'successor', 'client']) makeCertificate(folder, name, name, { issuer: 'ca' })
  makeCertificate(folder, 'stranger', 'client')
  const read = (name: string) => readFileSync(join(folder, name), 'utf8')
  const pair = (name: string) => ({ cert: read(`${name}.pem`), key: read(`${name}.key`) })
  return { ca: read('ca.pem'), pair }
}

const none = { ...clientAuthTypes.NoClientCert, allowedSans: undefined }

/** Starts an app with TLS. `requests` are the addresses that it has served. */
async function start(t: Test, settings: TlsSettings) {
  const logged: string[] = []
  const requests: string[] = []
  let now = 0
  const tls = createTlsServer(settings, (message) => void logged.push(message), { now: () => now })
  const app = createApp(makeServed({ targets: () => [{ server: 'a', teams: [], address: undefined }], tls }))
  app.addHook('onRequest', async ({ url }) => void requests.push(url))
  t.teardown(() => app.close())
  const address = await app.listen({ host: '127.0.0.1', port: 0 })
  const port = Number(new URL(address).port)
  /** The body of the response, or the code of the error. */
  const get = (options: RequestOptions = {}, path = '/healthz'): Promise<string> =>
    new Promise((resolve) => {
      const sent = request({ port, path, rejectUnauthorized: false, agent: false, ...options }, (response) => {
        let body = ''
        response.on('data', (text) => {
          body += text
        })
        response.on('end', () => resolve(body))
      })
      sent.on('error', ({ code = '', message }: NodeJS.ErrnoException) => resolve(code || message))
      sent.end()
    })
  const nextMinute = () => {
    now += 60_000
  }
  return { app, tls, address, port, get, logged, requests, nextMinute }
}

/** Connects once, and returns the subject of the certificate and the protocol, or the code of the error. */
function handshake(port: number, options: ConnectionOptions = {}): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ port, rejectUnauthorized: false, ...options }, () => {
      resolve(`${socket.getPeerX509Certificate()?.subject} ${socket.getProtocol()}`)
      socket.destroy()
    }).on('error', ({ code = '' }: NodeJS.ErrnoException) => resolve(code))
  })
}

test('the address, /sd and the protocol are those of HTTPS', async (t) => {
  if (!hasTool(t, 'openssl', 'openssl')) return
  const { ca, pair } = makeCertificates(t)
  const { address, port, get, logged } = await start(t, { context: pair('server'), clientCertificates: none })
  t.match(address, /^https:\/\/127\.0\.0\.1:\d+$/)
  t.equal(await get({ ca, rejectUnauthorized: true, servername: 'server' }), 'ok\n')
  t.same(JSON.parse(await get({}, '/sd')), [
    { targets: [`127.0.0.1:${port}`], labels: { __param_server: 'a', instance: 'a', __scheme__: 'https' } }
  ])
  const plain = await new Promise<string>((resolve) => {
    const socket = connectTcp(port, '127.0.0.1', () => socket.write('GET /metrics HTTP/1.1\r\nhost: a\r\n\r\n'))
    let received = ''
    socket.on('data', (text) => {
      received += text
    })
    socket.on('close', () => resolve(received)).on('error', () => {})
  })
  t.notMatch(plain, /page/, 'plain HTTP is not served')
  t.match(logged, ['TLS connection from 127.0.0.1 refused: ERR_SSL_HTTP_REQUEST'])
  await get()
  t.equal(logged.length, 1)
})

test('each policy accepts and rejects clients as documented, and no rejected client receives a page', async (t) => {
  if (!hasTool(t, 'openssl', 'openssl')) return
  const { ca, pair } = makeCertificates(t)
  const settingsOf = (type: keyof typeof clientAuthTypes, allowedSans?: readonly string[]): TlsSettings => ({
    context: { ...pair('server'), ca },
    clientCertificates: { ...clientAuthTypes[type], allowedSans }
  })
  const { tls, get, logged, requests, nextMinute } = await start(t, settingsOf('NoClientCert'))
  const clients = [{}, pair('stranger'), pair('client')]
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const outcome = async (...settings: Parameters<typeof settingsOf>) => {
      tls.update(settingsOf(...settings))
      requests.length = 0
      const results: boolean[] = []
      for (const client of clients) results.push((await get({ ...client, minVersion: version, maxVersion: version })) === 'ok\n')
      t.equal(requests.length, results.filter(Boolean).length, 'requests of refused clients are not read')
      return results
    }
    t.same(await outcome('NoClientCert'), [true, true, true], version)
    t.same(await outcome('RequestClientCert'), [true, true, true])
    t.same(await outcome('RequireAnyClientCert'), [false, true, true])
    t.same(await outcome('VerifyClientCertIfGiven'), [true, false, true])
    t.same(await outcome('RequireAndVerifyClientCert'), [false, false, true])
    t.same(await outcome('RequireAndVerifyClientCert', ['other', 'client']), [false, false, true])
    t.same(await outcome('RequireAndVerifyClientCert', ['other']), [false, false, false])
  }
  t.equal(logged.length, 1, 'once a minute')
  nextMinute()
  await get(pair('client'))
  t.match(logged[1], /refused: the client certificate contains no allowed subject alternative name$/)
  nextMinute()
  await get(pair('stranger'))
  t.match(logged[2], /refused: .*(SELF_SIGNED|UNABLE_TO_VERIFY)/)
  nextMinute()
  await get()
  t.match(logged[3], /refused: ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE$/)
})

test('new connections get the new certificate and protocol, and those in progress continue', async (t) => {
  if (!hasTool(t, 'openssl', 'openssl')) return
  const { ca, pair } = makeCertificates(t)
  const { tls, port, get } = await start(t, { context: pair('server'), clientCertificates: none })
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.teardown(() => agent.destroy())
  const kept = { agent, ca, rejectUnauthorized: true, servername: 'server' }
  t.equal(await get(kept), 'ok\n')
  t.equal(await handshake(port), 'CN=server TLSv1.3')

  tls.update({ context: { ...pair('successor'), maxVersion: 'TLSv1.2' }, clientCertificates: none })
  t.equal(await handshake(port), 'CN=successor TLSv1.2')
  t.equal(await get(kept), 'ok\n', 'the connection in progress has the old certificate')
  t.match(await get({ ...kept, agent: false }), 'ERR_TLS_CERT_ALTNAME_INVALID')

  tls.update({
    context: { ...pair('server'), ca },
    clientCertificates: { ...clientAuthTypes.RequireAndVerifyClientCert, allowedSans: undefined }
  })
  t.equal(await get(kept), 'ok\n')
  t.not(await get({ ...kept, agent: false }), 'ok\n', 'a new connection needs a certificate')
  t.equal(await get({ ...kept, agent: false, ...pair('client') }), 'ok\n')
})

test('a connection that does not complete the handshake does not delay the end', async (t) => {
  if (!hasTool(t, 'openssl', 'openssl')) return
  const { pair } = makeCertificates(t)
  const { app, port, get, logged } = await start(t, { context: pair('server'), clientCertificates: none })
  const accepted = new Promise((resolve) => app.server.once('connection', resolve))
  const silent = connectTcp(port, '127.0.0.1')
  const closed = new Promise((resolve) => silent.once('close', resolve).on('error', () => {}))
  await accepted
  t.equal(await get(), 'ok\n', 'others are served')
  await Promise.all([app.close(), closed])
  t.same(logged, [], 'the handshake has not reached its timeout')
})

test('protocols and cipher suites outside the settings are refused', async (t) => {
  if (!hasTool(t, 'openssl', 'openssl')) return
  const { pair } = makeCertificates(t)
  const { tls, port } = await start(t, { context: { ...pair('server'), minVersion: 'TLSv1.3' }, clientCertificates: none })
  t.match(await handshake(port, { maxVersion: 'TLSv1.2' }), /PROTOCOL_VERSION/)
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: 'ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0' } as const
  tls.update({
    context: { ...pair('server'), minVersion: 'TLSv1', ciphers: 'ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0' },
    clientCertificates: none
  })
  t.equal(await handshake(port, old), 'CN=server TLSv1', 'an old protocol that the settings allow')
  t.match(await handshake(port, { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES256-GCM-SHA384' }), /HANDSHAKE_FAILURE/)
})
