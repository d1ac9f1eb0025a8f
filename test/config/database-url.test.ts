import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { rootCertificates } from 'node:tls'
import { test } from 'tap'
import { parseDatabaseUrl } from '../../src/config/database-url.ts'
import { files } from './read-config.ts'

test('a URL is parsed as in libpq', async (t) => {
  const me = userInfo().username
  const cases = [
    ['postgresql://u:p@h:1/d', { host: 'h', port: 1, user: 'u', password: 'p', database: 'd' }],
    ['postgres://u@h', { host: 'h', port: 5432, user: 'u', password: undefined, database: 'u' }],
    ['postgresql://', { host: 'localhost', user: me, database: me }],
    ['postgresql://u:a%2Fb%40c:d#e@h/d', { password: 'a/b@c:d#e', host: 'h' }],
    ['postgresql://u:a@b@h/d', { password: 'a@b', host: 'h' }],
    ['postgresql://u:p@[::1]:6/d', { host: '::1', port: 6 }],
    ['postgresql://%2Ftmp%2Fpg:7/d', { host: '/tmp/pg', port: 7, database: 'd' }],
    ['postgresql://u:p@/d?host=/tmp/pg&port=8', { host: '/tmp/pg', port: 8, user: 'u', database: 'd' }],
    ['postgresql:///?dbname=d&user=x&password=y', { database: 'd', user: 'x', password: 'y' }],
    ['postgresql://h/d?user=x&password=a+b', { password: 'a+b' }],
    ['postgresql://h/d?user=x&password=a@b', { password: 'a@b' }],
    ['postgresql+asyncpg://u:p@h/na%20me?schema=s&pgbouncer=true', { database: 'na me' }],
    ['postgresql://u:p@[fe80::1%25eth0]/d', { host: 'fe80::1%eth0' }],
    ['postgresql://u:p@db/d?hostaddr=10.0.0.7', { host: 'db', address: '10.0.0.7' }],
    ['postgresql:///d?hostaddr=10.0.0.7', { host: '10.0.0.7', address: '10.0.0.7' }],
    ['postgresql://u@h/d?port=1&port=2', { port: 2 }]
  ] as const
  for (const [url, expected] of cases) t.match(parseDatabaseUrl(url), expected, url)
})

test('sslmode has the meaning it has in libpq, and prefer is the default', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'pgvitals-tls-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'ca.pem')
  const [certificate = ''] = rootCertificates
  writeFileSync(file, certificate)
  const text = join(folder, 'text')
  writeFileSync(text, 'geheim')
  const tlsOf = (parameters: string) => parseDatabaseUrl(`postgresql://u:p@h/d?${parameters}`, { read: files }).tls
  t.match(tlsOf(''), { mode: 'prefer' })
  t.match(tlsOf('sslmode=require'), { mode: 'require' })
  t.match(tlsOf('ssl=true'), { mode: 'require' })
  t.match(tlsOf(`sslmode=verify-ca&sslrootcert=${file}`), { mode: 'verify-ca', ca: certificate })
  t.match(tlsOf('sslmode=verify-full&sslrootcert=system'), { mode: 'verify-full', ca: 'system' })
  t.match(tlsOf('sslrootcert=system'), { mode: 'verify-full', ca: 'system' })
  t.throws(() => tlsOf('sslmode=prefer&sslrootcert=system'), /requires sslmode=verify-full/)
  t.throws(() => tlsOf(`sslrootcert=${text}`), { message: 'sslrootcert: the file contains no certificate (PEM)' })
  t.throws(() => tlsOf(`sslcert=${file}`), /requires both sslcert and sslkey/)
  t.throws(() => tlsOf(`sslcert=${file}&sslkey=${text}`), /sslcert and sslkey are not a certificate and its key/)
})
