import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Test, test } from 'tap'
import { ConfigError } from '../../src/config/config.ts'
import { readWebConfig, type WebConfig } from '../../src/config/web-config.ts'
import { cipherSuites } from '../../src/config/web-config-schema.ts'
import { hasTool } from '../servers/has-tool.ts'
import { makeCertificate } from '../servers/make-certificate.ts'
import { readConfig, files as readFiles } from './read-config.ts'

const hash = '$2y$10$X0h1gDsPszWURQaxFh.zoubFi6DXncSjhoQNJgRrnGs7EsimhC7zG'

/** A new folder with a certificate and its key, another key, and a text. */
function makeFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'pgvitals-web-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  makeCertificate(folder, 'server', 'localhost')
  makeCertificate(folder, 'other', 'other')
  writeFileSync(join(folder, 'text'), 'geheim')
  return folder
}

/** Reads a web configuration in the folder. */
function read(folder: string, yaml: string) {
  const name = join(folder, 'web.yml')
  writeFileSync(name, yaml)
  const collected = { errors: [] as string[], notes: [] as string[], files: new Set<string>(), read: readFiles }
  const web = readWebConfig(name, collected)
  const errors = collected.errors.map((error) => error.replaceAll(name, 'web.yml'))
  return { web, ...collected, errors, files: [...collected.files].map((file) => file.replace(`${folder}/`, '')) }
}

const tls = (more: string) => `tls_server_config: { cert_file: server.pem, key_file: server.key, ${more} }`

test('a complete file is read, with paths relative to its folder', async (t) => {
  if (!hasTool(t, 'openssl', 'openssl')) return
  const folder = makeFolder(t)
  const { web, errors, notes, files } = read(
    folder,
    `tls_server_config:
  cert_file: server.pem
  key_file: ${folder}/server.key
  client_auth_type: RequireAndVerifyClientCert
  client_ca_file: other.pem
  client_allowed_sans: [prometheus]
  min_version: TLS13
  max_version: TLS13
  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_AES_128_GCM_SHA256]
  prefer_server_cipher_suites: false
  curve_preferences: [X25519, CurveP256]
http_server_config:
  http2: true
  headers: { Strict-Transport-Security: max-age=60, X-Frame-Options: deny, X-XSS-Protection: "" }
basic_auth_users:
  prometheus: ${hash}
rate_limit: { interval: 1m0.5s, burst: 20 }
`
  )
  t.same(errors, [])
  t.match(notes, [/http2: pgvitals serves HTTP\/1.1 only$/])
  t.same(files, ['web.yml', 'server.pem', 'server.key', 'other.pem'])
  t.match(web.tls?.context, {
    cert: readFileSync(join(folder, 'server.pem'), 'utf8'),
    key: readFileSync(join(folder, 'server.key'), 'utf8'),
    ca: readFileSync(join(folder, 'other.pem'), 'utf8'),
    minVersion: 'TLSv1.3',
    maxVersion: 'TLSv1.3',
    ciphers: 'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:ECDHE-RSA-AES128-GCM-SHA256',
    honorCipherOrder: false,
    ecdhCurve: 'X25519:P-256'
  })
  t.same(web.tls?.clientCertificates, { isRequested: true, isRequired: true, isVerified: true, allowedSans: ['prometheus'] })
  t.same([...web.users], [['prometheus', hash]])
  t.same(web.headers, { 'Strict-Transport-Security': 'max-age=60', 'X-Frame-Options': 'deny' })
  t.same(web.rateLimit, { intervalSeconds: 60.5, burst: 20 })
})

test('missing settings have the defaults of the exporter toolkit', async (t) => {
  if (!hasTool(t, 'openssl', 'openssl')) return
  const folder = makeFolder(t)
  const empty: WebConfig = { tls: undefined, users: new Map(), headers: {}, rateLimit: undefined }
  t.same(read(folder, '').web, empty)
  t.same(read(folder, 'tls_server_config: {}\nbasic_auth_users: {}\nrate_limit: { interval: 0, burst: 1 }').web, empty)
  const { context, clientCertificates } = read(folder, tls('')).web.tls ?? {}
  t.match(context, { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3', honorCipherOrder: true, secureOptions: undefined })
  t.equal(context?.ciphers, Object.values(cipherSuites).join(':'))
  t.same(clientCertificates, { isRequested: false, isRequired: false, isVerified: false, allowedSans: undefined })
  t.match(read(folder, tls('min_version: TLS10')).web.tls?.context.ciphers, /:@SECLEVEL=0$/, 'OpenSSL would refuse TLS 1.0')
})

test('certificates and keys can be in the file itself', async (t) => {
  if (!hasTool(t, 'openssl', 'openssl')) return
  const folder = makeFolder(t)
  const inline = (key: string, name: string) => `  ${key}: ${JSON.stringify(readFileSync(join(folder, name), 'utf8'))}\n`
  const yaml = `tls_server_config:
  client_auth_type: VerifyClientCertIfGiven
${inline('cert', 'server.pem')}${inline('key', 'server.key')}${inline('client_ca', 'other.pem')}`
  const { web, errors, files } = read(folder, yaml)
  t.same(errors, [])
  t.same(files, ['web.yml'])
  t.same(web.tls?.context.ca, readFileSync(join(folder, 'other.pem'), 'utf8'))
})

/** A file and its errors. */
const cases: readonly (readonly [yaml: string, ...errors: readonly (string | RegExp)[]])[] = [
  [
    '- a',
    'web.yml:1: the top level is not a mapping; expected the keys tls_server_config, http_server_config, basic_auth_users or rate_limit'
  ],
  ['tls_server_confg: {}', /^web\.yml:1: tls_server_confg: unknown setting; did you mean "tls_server_config"\? valid settings are/],
  [
    'tls_server_config:',
    'web.yml:1: tls_server_config: expected a mapping with cert_file, key_file, cert, key, client_auth_type, client_ca_file, client_ca, client_allowed_sans, min_version, max_version, cipher_suites, prefer_server_cipher_suites or curve_preferences, found nothing'
  ],
  [
    'tls_server_config:\n  min_version: TLS13',
    'web.yml:1: tls_server_config.cert_file: required, but missing; HTTPS needs cert_file or cert',
    'web.yml:1: tls_server_config.key_file: required, but missing; HTTPS needs key_file or key'
  ],
  ['tls_server_config: { cert_file: server.pem }', /tls_server_config\.key_file: required, but missing/],
  ['tls_server_config: { cert_file: 1, key_file: server.key }', /cert_file: expected a string \(quote numbers\), found a number$/],
  [
    'tls_server_config:\n  cert_file: nowhere.pem\n  key_file: .',
    /^web\.yml:2: tls_server_config\.cert_file: cannot read the file: ENOENT: no such file or directory; a relative path begins in the folder of \S+web\.yml$|^web\.yml:2/,
    /^web\.yml:3: tls_server_config\.key_file: cannot read the file: EISDIR/
  ],
  [
    'tls_server_config: { cert_file: server.pem, key_file: other.key }',
    /cert_file: certificate and key are not a certificate and its key \(PEM, without a passphrase\): ERR_OSSL_X509_KEY_VALUES_MISMATCH$/
  ],
  ['tls_server_config: { cert_file: text, key: geheim }', /cert_file: certificate and key are not a certificate and its key/],
  [tls('cert: geheim'), /tls_server_config\.cert: only valid without cert_file$/],
  [tls('key:geheim: 1'), /tls_server_config\.key: unknown setting/],
  [
    tls('client_auth_type: RequireAndVerifyClientCerts'),
    /client_auth_type: invalid value; did you mean "RequireAndVerifyClientCert"\? expected NoClientCert, .* or RequireAndVerifyClientCert$/
  ],
  [
    tls('client_auth_type: VerifyClientCertIfGiven'),
    /client_auth_type: VerifyClientCertIfGiven requires client_ca_file or client_ca, because/
  ],
  [tls('client_ca_file: other.pem'), /client_ca_file: not used with client_auth_type: NoClientCert; use RequireAndVerifyClientCert$/],
  [tls('client_auth_type: RequireAndVerifyClientCert, client_ca_file: text'), /client_ca_file: contains no certificate \(PEM\)$/],
  [
    tls('client_auth_type: RequestClientCert, client_allowed_sans: [a]'),
    /client_allowed_sans: requires client_auth_type: RequireAndVerifyClientCert or RequireAnyClientCert$/
  ],
  [tls('min_version: TLS1.2'), /min_version: invalid value; did you mean "TLS12"\? expected TLS10, TLS11, TLS12 or TLS13$/],
  [tls('min_version: TLS13, max_version: TLS12'), /min_version: the minimum TLS13 is above the maximum TLS12$/],
  [tls('max_version: TLS11'), /max_version: the minimum TLS12 is above the maximum TLS11$/],
  [tls('cipher_suites: [TLS_AES_128_GCM_SHA256], max_version: TLS12'), /cipher_suites: contains no cipher suite for TLS12$/],
  [tls('cipher_suites: [TLS_RSA_WITH_RC4_128_SHA]'), /cipher_suites\.0: invalid value; expected TLS_AES_128_GCM_SHA256, /],
  [tls('curve_preferences: [CurveP257]'), /curve_preferences\.0: invalid value; did you mean "CurveP256"\?/],
  ['http_server_config: { http2: off }', /http2: expected true or false, found a string$/],
  ['http_server_config: { headers: { Server: x } }', /headers\.Server: unknown setting; valid settings are Content-Security-Policy/],
  [
    'http_server_config: { headers: { x-frame-options: deny } }',
    /headers\.x-frame-options: unknown setting; did you mean "X-Frame-Options"\?/
  ],
  ['http_server_config: { headers: { X-Frame-Options: all } }', /X-Frame-Options: invalid value; /],
  [
    'http_server_config: { headers: { X-XSS-Protection: "a\\nb" } }',
    /X-XSS-Protection: contains a character that is not allowed in a header$/
  ],
  ['basic_auth_users:', 'web.yml:1: basic_auth_users: expected a mapping, found nothing'],
  ['basic_auth_users:\n  a: geheim', /^web\.yml:2: basic_auth_users\.a: expected a bcrypt hash; /],
  [
    `basic_auth_users:\n  a:\n  b: ${hash.slice(0, -1)}`,
    /^web\.yml:2: basic_auth_users\.a: expected/,
    /^web\.yml:3: basic_auth_users\.b: expected/
  ],
  [
    `basic_auth_users: { a: ${hash.replace('$10$', '$17$')} }`,
    /basic_auth_users\.a: the cost of the bcrypt hash is 17; it must be from 4 to 16$/
  ],
  [`basic_auth_users: { a:${hash} }`, /basic_auth_users\.a: the name of a user cannot contain a colon; /],
  [
    `basic_auth_users: { ${hash}: a }`,
    'web.yml:1: basic_auth_users: expected a bcrypt hash; `htpasswd -nBC 10 "" | tr -d ":\\n"` creates one'
  ],
  ['rate_limit: { interval: 1s }', 'web.yml:1: rate_limit.burst: required, but missing'],
  ['rate_limit: { interval: 1 s, burst: 0 }', /interval: invalid value; expected a duration|burst: invalid value 0; the minimum is 1/],
  ['rate_limit: { interval: 5, burst: 1 }', /interval: invalid value; expected a duration such as 100ms or 1s, or 0$/]
]

test('every error has its line and its key, and contains no secret', async (t) => {
  if (!hasTool(t, 'openssl', 'openssl')) return
  const folder = makeFolder(t)
  for (const [yaml, ...expected] of cases) {
    const { errors } = read(folder, yaml)
    t.equal(errors.length, expected.length, `${yaml}: ${errors.join('\n')}`)
    for (const [index, error] of expected.entries()) t.match(errors[index], error, yaml)
    t.notMatch(errors.join(), /geheim|\$2y|PRIVATE/, 'no secret')
  }
  t.match(read(folder, '').errors, [])
})

test('errors of the web configuration are reported with all others, and a missing file is one', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'pgvitals-web-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const name = join(folder, 'web.yml')
  const errorsOf = () => {
    try {
      readConfig({ PGVITALS_WEB_CONFIG: name, PGVITALS_PORT: 'x', DATABASE_URL: 'postgresql://u:p@h/d' })
    } catch (error) {
      return error
    }
    return undefined
  }
  const missing = errorsOf()
  t.ok(missing instanceof ConfigError && missing.files.includes(name), 'its creation triggers a reload')
  t.match(missing, { message: /^PGVITALS_PORT: .*\n\S+web\.yml: cannot be read: ENOENT/ })
  writeFileSync(name, 'a: 1\nb: 2')
  t.match(errorsOf(), { message: /^PGVITALS_PORT: .*\n\S+web\.yml:1: a: unknown .*\n\S+web\.yml:2: b: unknown/ })
  t.equal(readConfig({ DATABASE_URL: 'postgresql://u:p@h/d' }).web, undefined)
})
