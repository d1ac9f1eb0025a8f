import { execFile, spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingHttpHeaders } from 'node:http'
import { Agent, get } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { promisify } from 'node:util'
import { type Test, test } from 'tap'
import { until } from './exporter/run-exporter.ts'
import { runProcess } from './exporter/run-process.ts'
import { parsePage, sampleValue } from './page/parse-page.ts'
import { hasTool } from './servers/has-tool.ts'
import { makeCertificate } from './servers/make-certificate.ts'
import { freePort } from './servers/start-server.ts'

const example = join(import.meta.dirname, '..', 'deploy', 'web-config.example.yml')

/** A response, and the certificate of a new connection. */
interface Read {
  readonly status: number
  readonly subject: string | undefined
  readonly isReused: boolean
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** Starts pgvitals with the example of a web configuration and a certificate for localhost. No server is reachable. */
async function start(t: Test) {
  const folder = mkdtempSync(join(tmpdir(), 'pgvitals-web-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const at = (name: string) => join(folder, name)
  makeCertificate(folder, 'ca', 'authority')
  const install = (subject: string) => {
    makeCertificate(folder, 'new', subject, { issuer: 'ca', sans: 'DNS:localhost' })
    renameSync(at('new.key'), at('tls.key'))
    renameSync(at('new.pem'), at('tls.crt'))
  }
  install('first')
  cpSync(example, at('web-config.yml'))
  const write = (name: string, text: string) => {
    writeFileSync(at('changed'), text)
    renameSync(at('changed'), at(name))
  }
  const port = await freePort()
  const running = runProcess({
    DATABASE_URL: 'postgresql://u:p@127.0.0.1:1/labeler',
    PGVITALS_WEB_CONFIG: at('web-config.yml'),
    PGVITALS_PORT: String(port),
    // The targets of /sd: a name in the certificate.
    PGVITALS_TARGET: `localhost:${port}`
  })
  t.teardown(async () => {
    running.child.kill('SIGTERM')
    await running.ended
  })
  await until('pgvitals responds', 40, () => running.output().includes(' serves '))

  /** The status, the certificate and the body of a response. */
  const read = (path: string, auth?: string, agent?: Agent) =>
    new Promise<Read>((resolve, reject) => {
      const options = { ca: readFileSync(at('ca.pem')), agent: agent ?? new Agent(), ...(auth !== undefined && { auth }) }
      const request = get(`https://localhost:${port}${path}`, options, (response) => {
        const subject = (response.socket as TLSSocket).getPeerX509Certificate()?.subject
        let body = ''
        response.on('data', (text) => {
          body += text
        })
        response.on('end', () => {
          const { statusCode: status = 0, headers } = response
          resolve({ status, headers, subject, isReused: request.reusedSocket, body })
        })
      }).on('error', reject)
    })
  return { folder, at, port, running, install, write, read }
}

test('pgvitals serves HTTPS with basic authentication, and reloads certificates and users', async (t) => {
  if (!hasTool(t, 'openssl', 'openssl')) return
  const { at, port, running, install, write, read } = await start(t)
  t.match(running.output(), new RegExp(`pgvitals \\S+ serves https://127\\.0\\.0\\.1:${port}/metrics`))
  const login = 'prometheus:example'
  for (const path of ['/metrics', '/', '/sd', '/api/status']) {
    t.equal((await read(path)).status, 401, path)
    t.equal((await read(path, 'prometheus:exampl')).status, 401, path)
    t.equal((await read(path, login)).status, 200, path)
  }
  t.equal((await read('/healthz')).status, 200)
  await t.rejects(fetch(`http://localhost:${port}/metrics`), 'plain HTTP is not served')

  const kept = new Agent({ keepAlive: true, maxSockets: 1 })
  t.teardown(() => kept.destroy())
  t.match(await read('/metrics', login, kept), { status: 200, subject: 'CN=first' })
  install('second')
  await until('the new certificate is served', 15, async () => (await read('/healthz')).subject === 'CN=second')
  t.match(await read('/metrics', login, kept), { status: 200, isReused: true }, 'the connection in progress continues')

  const reloadSuccess = async (auth: string) =>
    sampleValue(parsePage((await read('/metrics', auth)).body), 'pgvitals_config_reload_success')
  t.equal(await reloadSuccess(login), 1)
  const key = readFileSync(at('tls.key'), 'utf8')
  write('tls.key', 'no key')
  await until('the broken key is reported', 15, async () => (await reloadSuccess(login)) === 0)
  t.match(running.output(), /invalid configuration: \S+web-config\.yml:5: tls_server_config\.cert_file: certificate and key are not a/)
  t.equal((await read('/healthz')).subject, 'CN=second', 'the previous certificate is served')
  write('tls.key', key)
  await until('the repaired key is accepted', 15, async () => (await reloadSuccess(login)) === 1)

  const [hash = ''] = /\$2y\S+/.exec(readFileSync(example, 'utf8')) ?? []
  write('web-config.yml', `basic_auth_users: { grafana: ${hash} }\nhttp_server_config: { headers: { X-Frame-Options: deny } }`)
  await until('the new user is accepted', 15, async () => (await read('/metrics', 'grafana:example')).status === 200)
  t.match(running.output(), /TLS in PGVITALS_WEB_CONFIG changed to false; restart to apply it, the current value is true/)
  t.equal((await read('/metrics', login)).status, 401)
  t.equal((await read('/healthz')).headers['x-frame-options'], 'deny')
  write('web-config.yml', 'rate_limit: { interval: 1h, burst: 1 }')
  await until('further requests are refused', 15, async () => (await read('/healthz')).status === 429)
  t.equal((await read('/healthz')).subject, 'CN=second', 'TLS is switched off by a restart only')
  t.notMatch(running.output(), /\$2y|exampl|PRIVATE/, 'no secret is logged')
})

test('Prometheus scrapes over HTTPS with a password, also targets of /sd, and not with a wrong one', async (t) => {
  if (!hasTool(t, 'openssl', 'openssl') || !hasTool(t, 'prometheus', 'prometheus') || !hasTool(t, 'promtool', 'prometheus')) return
  const { folder, at, port } = await start(t)
  const check = await promisify(execFile)('promtool', ['check', 'web-config', at('web-config.yml')])
  t.match(check.stderr + check.stdout, /SUCCESS/)
  const prometheusPort = await freePort()
  const access = (password: string) =>
    `tls_config: { ca_file: ${at('ca.pem')} }, basic_auth: { username: prometheus, password: ${password} }`
  const direct = `scheme: https, static_configs: [{ targets: ['localhost:${port}'] }]`
  writeFileSync(
    at('prometheus.yml'),
    `global: { scrape_interval: 1s }
scrape_configs:
  - { job_name: direct, ${direct}, ${access('example')} }
  - { job_name: wrong, ${direct}, ${access('wrong')} }
  - { job_name: discovered, http_sd_configs: [{ url: 'https://localhost:${port}/sd', ${access('example')} }], ${access('example')} }
`
  )
  const flags = [`--config.file=${at('prometheus.yml')}`, `--storage.tsdb.path=${folder}/data`]
  const prometheus = spawn('prometheus', [...flags, `--web.listen-address=127.0.0.1:${prometheusPort}`], { stdio: 'ignore' })
  t.teardown(async () => {
    const ended = new Promise((resolve) => prometheus.once('close', resolve))
    prometheus.kill('SIGKILL')
    await ended
  })
  const upOf = async (): Promise<Readonly<Record<string, string>>> => {
    const response = await fetch(`http://127.0.0.1:${prometheusPort}/api/v1/query?query=up`).catch(() => undefined)
    if (response?.status !== 200) return {}
    const { data } = (await response.json()) as { data: { result: { metric: { job: string }; value: [number, string] }[] } }
    return Object.fromEntries(data.result.map(({ metric, value }) => [metric.job, value[1]]))
  }
  await until('every job was scraped', 40, async () => Object.keys(await upOf()).length === 3)
  await until('the jobs with the password are up', 20, async () => (await upOf()).direct === '1' && (await upOf()).discovered === '1')
  t.equal((await upOf()).wrong, '0')
})
