import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { hasTool } from '../servers/has-tool.ts'
import { startServer } from '../servers/start-server.ts'
import { createTeamDatabases } from '../servers/team-databases.ts'
import { errorsOf, runDoctor, runScript } from './run-doctor.ts'
import { translateErrors } from './translate-errors.ts'

/** A failed connection of `role` to `platform`, and the script that doctor prints in every language of the message. */
interface Case {
  readonly name: string
  readonly role: string
  readonly sql: readonly string[]
  readonly script: readonly string[]
  /** Whether another credential works, which sees the roles. */
  readonly hasOther?: boolean
  /** Whether the script resolves it. Comments do not. */
  readonly isResolved?: boolean
  readonly doesRoleExist?: boolean
}

const create = (role: string) => `create role ${role} login password 'secret' in role pg_monitor`
const connect = (role: string) => `grant connect on database platform to ${role}`
const statements = [
  '\\connect platform',
  "-- needs shared_preload_libraries = 'pg_stat_statements' and a restart; on RDS that is the default",
  'create extension if not exists pg_stat_statements;'
]

const cases: readonly Case[] = [
  {
    name: 'the role is missing',
    role: 'missing',
    sql: [],
    script: [
      "create role missing login password '…' connection limit 8;",
      "-- if the role exists: alter role missing password '…';",
      'grant pg_monitor to missing;',
      'grant connect on database platform to missing;',
      ...statements
    ]
  },
  {
    name: 'NOLOGIN',
    role: 'asleep',
    sql: [create('asleep'), connect('asleep'), 'alter role asleep nologin'],
    script: ['alter role asleep login;']
  },
  {
    name: 'NOLOGIN and a wrong password, with another credential',
    role: 'lost',
    sql: [create('lost'), connect('lost'), "alter role lost nologin password 'forgotten'"],
    script: ['alter role lost login;', "alter role lost password '…';"],
    hasOther: true
  },
  {
    name: 'the role is missing where no password is needed',
    role: 'trusted_missing',
    sql: [],
    script: [
      "create role trusted_missing login password '…' connection limit 8;",
      '-- if the role exists: alter role trusted_missing login;',
      'grant pg_monitor to trusted_missing;',
      'grant connect on database platform to trusted_missing;',
      ...statements
    ]
  },
  {
    name: 'NOLOGIN where no password is needed',
    role: 'trusted_asleep',
    sql: [create('trusted_asleep'), connect('trusted_asleep'), 'alter role trusted_asleep nologin'],
    script: [
      "create role trusted_asleep login password '…' connection limit 8;",
      '-- if the role exists: alter role trusted_asleep login;',
      'grant pg_monitor to trusted_asleep;',
      'grant connect on database platform to trusted_asleep;',
      ...statements
    ],
    doesRoleExist: true
  },
  {
    name: 'NOLOGIN where no password is needed, with another credential',
    role: 'trusted_asleep',
    sql: ['alter role trusted_asleep nologin'],
    script: ['alter role trusted_asleep login;'],
    hasOther: true
  },
  {
    name: 'the password has expired, with another credential',
    role: 'late',
    sql: [create('late'), connect('late'), "alter role late valid until '2020-01-01'"],
    script: ["alter role late password '…' valid until 'infinity';"],
    hasOther: true
  },
  {
    name: 'CONNECT is missing',
    role: 'outside',
    sql: [create('outside')],
    script: ['grant connect on database platform to outside;']
  },
  {
    name: 'the connection limit of the role is 0',
    role: 'limited',
    sql: [create('limited'), connect('limited'), 'alter role limited connection limit 0'],
    script: ['alter role limited connection limit 8;']
  },
  {
    name: 'the connection limit of the database is 0',
    role: 'pgvitals',
    sql: ['alter database platform connection limit 0'],
    script: ['alter database platform connection limit -1;']
  },
  {
    name: 'the database accepts no connections',
    role: 'pgvitals',
    sql: ['alter database platform allow_connections false'],
    script: ['alter database platform allow_connections true;']
  },
  {
    name: 'pg_hba.conf rejects the role',
    role: 'rejected',
    sql: [create('rejected'), connect('rejected')],
    script: ['-- allow platform rejected from this address in pg_hba.conf, then: select pg_reload_conf();'],
    isResolved: false
  },
  {
    name: 'the database is missing',
    role: 'pgvitals',
    sql: ['alter database platform rename to elsewhere'],
    script: ['-- create database platform;  (or remove it from the configuration)'],
    isResolved: false
  }
]

test('the fix of a failed connection resolves it and does not depend on the language of the server', async (t) => {
  const server = await startServer()
  t.teardown(() => server.remove())
  await createTeamDatabases(server)
  await server.sql('users', 'create extension pg_stat_statements')
  const file = join(server.dataDirectory, 'pg_hba.conf')
  const lines = ['trusted_missing', 'trusted_asleep'].map((role) => `host all ${role} 127.0.0.1/32 trust\n`)
  const before = readFileSync(file, 'utf8')
  writeFileSync(file, `host all rejected 127.0.0.1/32 reject\n${lines.join('')}`)
  appendFileSync(file, before)
  await server.sql('postgres', 'select pg_reload_conf()', 'select pg_sleep(0.2)')
  const message = 'Verbindung für Rolle »x« existiert nicht; Authentifizierung fehlgeschlagen'
  const port = await translateErrors(t, server.port, message)
  for (const { name, role, sql, script, hasOther = false, isResolved = true, doesRoleExist = false } of cases) {
    await server.sql('postgres', ...sql)
    const environmentAt = (at: number) => ({
      DATABASE_URL: `postgresql://${role}:secret@127.0.0.1:${at}/platform?sslmode=disable`,
      ...(hasOther && { USER_DATABASE_URL: `postgresql://pgvitals:secret@127.0.0.1:${at}/users?sslmode=disable` })
    })
    const diagnosis = await runDoctor(environmentAt(port))
    t.match(errorsOf(diagnosis)[0], message, `${name}: the message of the server is shown`)
    t.same(diagnosis.servers[0]?.scripts.postgresql.split('\n'), script, name)
    const english = await runDoctor(environmentAt(server.port))
    t.same(english.servers[0]?.scripts.postgresql.split('\n'), script, `${name}: in English`)
    if (!isResolved || !hasTool(t, 'psql', 'postgresql-client')) continue
    await runScript(server, diagnosis, doesRoleExist)
    t.same(errorsOf(await runDoctor(environmentAt(port))), [], `${name}: no errors after the fix`)
  }
})
