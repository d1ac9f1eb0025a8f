import { test } from 'tap'
import { reachProblems } from '../../src/doctor/reach-problems.ts'
import { writeScript } from '../../src/doctor/script.ts'
import type { Password } from '../../src/server/credential.ts'
import type { Server } from '../../src/server/server.ts'

const token = { command: ['aws', 'rds', 'generate-db-auth-token', '--username', 'pgvitals'] }
const pam = 'PAM authentication failed for user "pgvitals" (28000)'
const refused = 'password authentication failed for user "pgvitals" (28P01)'

/** What the script for RDS says to a log-in that fails, and nobody else can look. */
const cases: readonly { name: string; password: Password; message: string; rds: readonly string[] }[] = [
  {
    name: 'a token of a role that may only give a password',
    password: token,
    message: refused,
    rds: [
      "create role pgvitals login password '…' connection limit 8;",
      "-- if the role exists: alter role pgvitals password '…';",
      'grant pg_monitor to pgvitals;',
      'grant connect on database platform to pgvitals;',
      'grant rds_iam to pgvitals;'
    ]
  },
  {
    name: 'a token that IAM refuses, or a password of a role that may only give a token',
    password: 'secret',
    message: pam,
    rds: ['-- rds_iam takes a token only: let IAM allow rds-db:connect for pgvitals, or, for a password: revoke rds_iam from pgvitals;']
  }
]

test('on RDS a log-in by a token of IAM is mended by what IAM and rds_iam need', async (t) => {
  for (const { name, password, message, rds } of cases) {
    const tls = { mode: 'prefer', ca: undefined, cert: undefined, key: undefined } as const
    const connection = { host: 'db.internal', port: 5432, user: 'pgvitals', password, database: 'platform', tls }
    const database = { name: 'platform', connection, team: '', access: new Map(), quotaBytes: undefined }
    const server: Server = {
      name: 'main',
      databases: [database],
      discovery: undefined,
      maxSessions: 4,
      maxSamplesPerDatabase: 1000,
      capacityBytes: undefined,
      dataDirectory: undefined
    }
    const problems = reachProblems(server, [{ database, found: undefined, failure: { errorClass: 'auth', message } }], false)
    t.same(writeScript(problems, 'rds').split('\n'), rds, name)
    t.notMatch(writeScript(problems, 'postgresql'), /^(?!--).*rds_iam/m, 'elsewhere there is no such role')
  }
})
