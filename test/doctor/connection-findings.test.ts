import { test } from 'tap'
import { parseDatabaseUrl } from '../../src/config/database-url.ts'
import { connectionFindings, encryptionFindings } from '../../src/doctor/connection-findings.ts'
import { writeScript } from '../../src/doctor/script.ts'
import type { Password } from '../../src/server/credential.ts'
import type { Server } from '../../src/server/server.ts'
import { makeDatabase } from '../poll/make-server.ts'

const token = { command: ['aws', 'rds', 'generate-db-auth-token', '--username', 'pgvitals'] }

/** A rejected login without another credential that could check the role, and the fix on RDS. */
const cases: readonly { name: string; password: Password; sqlState: string; rds: readonly string[] }[] = [
  {
    name: 'a token for a role that needs a password',
    password: token,
    sqlState: '28P01',
    rds: [
      "create role pgvitals login password '…' connection limit 8;",
      "-- if the role exists: alter role pgvitals password '…';",
      'grant pg_monitor to pgvitals;',
      'grant connect on database platform to pgvitals;',
      'grant rds_iam to pgvitals;'
    ]
  },
  {
    name: 'a token that IAM rejects, or a password for a role that needs a token',
    password: 'secret',
    sqlState: '28000',
    rds: [
      '-- a member of rds_iam needs a token: allow rds-db:connect for pgvitals in IAM, or, to use a password: revoke rds_iam from pgvitals;'
    ]
  }
]

test('on RDS the fix of a rejected login includes IAM and rds_iam', async (t) => {
  for (const { name, password, sqlState, rds } of cases) {
    const tls = { mode: 'prefer', ca: undefined, cert: undefined, key: undefined } as const
    const connection = { host: 'db.internal', port: 5432, user: 'pgvitals', password, database: 'platform', tls }
    const database = { name: 'platform', connection, team: '', access: new Map(), quotaBytes: undefined }
    const server: Server = {
      name: 'main',
      databases: [database],
      discovery: undefined,
      maxSessions: 4,
      detail: 'full',
      maxSamplesPerDatabase: 1000,
      capacityBytes: undefined,
      dataDirectory: undefined
    }
    const failure = {
      errorClass: 'auth',
      message: 'verweigert',
      origin: { sqlState, routine: 'auth_failed' },
      wasPasswordRequested: true
    } as const
    const findings = connectionFindings(server, [{ database, found: undefined, failure }], false)
    t.same(writeScript(findings, 'rds').split('\n'), rds, name)
    t.notMatch(writeScript(findings, 'postgresql'), /^(?!--).*rds_iam/m, 'the role exists only on RDS')
  }
})

test('a connection without TLS is a finding unless it stays on this machine', async (t) => {
  const of = (url: string, isEncrypted = false) => {
    const database = makeDatabase('platform', { connection: parseDatabaseUrl(url) })
    const found = { isEncrypted } as NonNullable<Parameters<typeof encryptionFindings>[0][number]['found']>
    return encryptionFindings([{ database, found, failure: undefined }])
  }
  t.match(of('postgresql://u@db/platform'), [
    { severity: 'hint', databases: ['platform'], text: /^the connection is not encrypted \(sslmode prefer\)/ }
  ])
  t.equal(of('postgresql://u@localhost.evil/platform').length, 1)
  t.equal(of('postgresql://u@localhost/platform?hostaddr=10.0.0.7').length, 1)
  for (const place of ['localhost', '127.0.0.2', '[::1]', '%2Ftmp']) t.same(of(`postgresql://u@${place}/platform`), [], place)
  t.same(of('postgresql://u@db/platform', true), [])
})
