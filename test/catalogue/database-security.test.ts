import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import pg from 'pg'
import { test } from 'tap'
import { makeExporter } from '../exporter/run-exporter.ts'
import { allOf, type PageSample, parsePage, sampleValue } from '../page/parse-page.ts'
import { hasTool } from '../servers/has-tool.ts'
import { startServer, type TestServer } from '../servers/start-server.ts'
import { createTeamDatabases } from '../servers/team-databases.ts'

const queries = ['backup_sessions', 'buffercache_summary', 'long_running_transactions', 'stat_ssl']

async function poll(url: string): Promise<readonly PageSample[]> {
  const { exporter, samples } = makeExporter({ DATABASE_URL: url }, { queries })
  await exporter.pollOnce()
  const all = await samples()
  await exporter.stop()
  return all
}

async function connect(options: pg.ClientConfig | string): Promise<pg.Client> {
  const client = new pg.Client(options)
  client.on('error', () => {})
  await client.connect()
  return client
}

/** Creates a self-signed certificate and its key for the server, as the operating system user of the server. */
async function serveTls(server: TestServer): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'pgvitals-certificate-'))
  const [key, certificate] = [join(folder, 'server.key'), join(folder, 'server.crt')]
  const subject = ['-days', '2', '-subj', '/CN=localhost']
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', certificate, ...subject], {
    stdio: 'ignore'
  })
  for (const name of ['server.key', 'server.crt']) {
    const lines = `unnest(string_to_array($$${readFileSync(join(folder, name), 'utf8').trim()}$$, chr(10)))`
    await server.sql('postgres', `copy (select line from ${lines} as line) to program 'umask 077; cat > ${name}'`)
  }
  rmSync(folder, { recursive: true })
  await server.sql('postgres', 'alter system set ssl = on', 'select pg_reload_conf()', 'select pg_sleep(0.1)')
}

for (const major of [13, 18] as const) {
  test(`sessions, roles and TLS on PostgreSQL ${major}`, async (t) => {
    const server = await startServer({ major })
    t.teardown(() => server.remove())
    await createTeamDatabases(server)
    await server.sql('postgres', 'grant connect on database platform to public')
    const [seeing, limited] = [server.url('platform', 'pgvitals'), server.url('platform', 'users_owner')]

    t.test('transactions in progress and the age of the oldest', async (t) => {
      const before = await poll(seeing)
      t.equal(sampleValue(before, 'pg_long_running_transactions'), 0)
      const [old, young, idle] = [
        await connect(server.url('users')),
        await connect(server.url('users')),
        await connect(server.url('users'))
      ]
      await old.query('begin; select')
      await after(500)
      await young.query('begin; select')
      await idle.query('select')
      const all = await poll(seeing)
      t.equal(sampleValue(all, 'pg_long_running_transactions'), 2)
      const age = sampleValue(all, 'pg_long_running_transactions_oldest_timestamp_seconds') ?? 0
      t.ok(age >= 0.5 && age < 5, `${age} s`)
      t.same(allOf(await poll(limited), 'pg_long_running_transactions'), [], 'absent without pg_read_all_stats')
      await Promise.all([old.end(), young.end(), idle.end()])
    })

    t.test('dumps and base backups', async (t) => {
      const sessions = (all: readonly PageSample[]) =>
        ['pg_dump', 'pg_dumpall', 'base_backup'].map((kind) => sampleValue(all, 'pg_backup_sessions', { kind }))
      const before = await poll(seeing)
      t.same(sessions(before), [0, 0, 0])
      t.same(allOf(before, 'pg_backup_sessions_oldest_age_seconds'), [])
      const dumps = [
        await connect({ connectionString: server.url('users'), application_name: 'pg_dump' }),
        await connect({ connectionString: server.url('users'), application_name: 'pg_dump' }),
        await connect({ connectionString: server.url('users'), application_name: 'pg_dumpall' })
      ]
      // At 32 kB a second it takes longer than this test.
      const backup = await connect({ connectionString: server.url('postgres'), replication: 'true' } as pg.ClientConfig)
      const ended = backup
        .query(major < 15 ? "BASE_BACKUP LABEL 'b' FAST MAX_RATE 32" : "BASE_BACKUP (CHECKPOINT 'fast', MAX_RATE 32)")
        .catch(() => {})
      await after(700)
      const all = await poll(seeing)
      t.same(sessions(all), [2, 1, 1])
      for (const kind of ['pg_dump', 'base_backup']) {
        const age = sampleValue(all, 'pg_backup_sessions_oldest_age_seconds', { kind }) ?? 0
        t.ok(age >= 0.7 && age < 10, `${kind}: ${age} s`)
      }
      const seen = await poll(limited)
      t.same(sessions(seen), [2, 1, 1], 'a role without pg_read_all_stats sees the sessions')
      t.same(allOf(seen, 'pg_backup_sessions_oldest_age_seconds'), [], 'but not their age')
      backup.connection.stream.destroy()
      await Promise.all([ended, ...dumps.map((client) => client.end())])
    })

    t.test('connections with TLS and without', async (t) => {
      if (!hasTool(t, 'openssl', 'openssl')) return
      await serveTls(server)
      const clients = [
        await connect({ connectionString: server.url('users'), ssl: { rejectUnauthorized: false } }),
        await connect({ connectionString: server.url('users'), ssl: { rejectUnauthorized: false } }),
        await connect(server.url('users')),
        await connect({ user: 'postgres', password: 'secret', database: 'users', host: server.dataDirectory, port: server.port })
      ]
      const all = await poll(`${seeing}?sslmode=disable`)
      const connections = (datname: string) => ['true', 'false'].map((ssl) => sampleValue(all, 'pg_stat_ssl_connections', { datname, ssl }))
      t.same(connections('users'), [2, 1], 'a session by a Unix socket does not count')
      t.same(connections('platform'), [0, 0], 'nor does our own')
      const seen = allOf(await poll(limited), 'pg_stat_ssl_connections', { datname: 'users' })
      t.match(seen, [{ labels: { ssl: 'unknown' } }], 'without pg_read_all_stats')
      await Promise.all(clients.map((client) => client.end()))
    })

    t.test('roles: limits, expiry, superusers', async (t) => {
      await server.sql(
        'postgres',
        'alter role users_owner connection limit 3',
        "create role expiring login valid until '2030-01-01 00:00:00+00'",
        "create role expired login valid until '-infinity'",
        "create role eternal login valid until 'infinity'",
        "create role group_role nologin valid until '2030-01-01 00:00:00+00'",
        'create role admin superuser'
      )
      const { exporter, page } = makeExporter({ DATABASE_URL: limited }, { queries: ['role', 'roles'] })
      await exporter.pollOnce()
      const text = await page()
      await exporter.stop()
      const all = parsePage(text)
      t.equal(sampleValue(all, 'pg_roles_connection_limit', { rolname: 'users_owner' }), 3)
      t.equal(sampleValue(all, 'pg_roles_connection_limit', { rolname: 'expiring' }), -1)
      const superusers = allOf(all, 'pg_role_is_superuser').map(({ labels, value }) => [labels.rolname, value])
      t.same(superusers.sort(), [
        ['admin', 1],
        ['postgres', 1]
      ])
      const expiring = allOf(all, 'pg_role_valid_until_timestamp_seconds')
      t.same(
        expiring.map(({ labels }) => labels.rolname).sort(),
        ['expired', 'expiring'],
        'roles that never expire or cannot log in are absent'
      )
      t.equal(expiring.find(({ labels }) => labels.rolname === 'expiring')?.value, Date.UTC(2030) / 1000)
      t.match(text, /^pg_role_valid_until_timestamp_seconds\{[^}]*rolname="expired"\} -Inf$/m)
    })
  })
}

for (const major of [16, 18] as const) {
  test(`the buffer cache of PostgreSQL ${major}`, async (t) => {
    const server = await startServer({ major, flags: ['autovacuum=off'] })
    t.teardown(() => server.remove())
    await createTeamDatabases(server)
    const url = server.url('platform', 'pgvitals')
    t.same(allOf(await poll(url), 'pg_buffercache_summary_buffers_used'), [], 'absent without the extension')
    await server.sql(
      'platform',
      'create schema extra',
      'grant usage on schema extra to pgvitals',
      'create extension pg_buffercache schema extra'
    )
    const value = (all: readonly PageSample[], name: string) => sampleValue(all, name) ?? Number.NaN
    await server.sql('users', 'checkpoint')
    const before = await poll(url)
    await server.sql('users', 'create table big as select g from generate_series(1, 100000) as g')
    const all = await poll(url)
    const [setting] = await server.sql('users', "select setting::int as buffers from pg_settings where name = 'shared_buffers'")
    t.equal(value(all, 'pg_buffercache_summary_buffers_used') + value(all, 'pg_buffercache_summary_buffers_unused'), setting?.buffers)
    const [used, dirty] = ['pg_buffercache_summary_buffers_used', 'pg_buffercache_summary_buffers_dirty'].map(
      (name) => value(all, name) - value(before, name)
    )
    t.ok((used ?? 0) >= 400 && (dirty ?? 0) >= 400, `${used} more are in use, ${dirty} more are dirty`)
    t.equal(value(all, 'pg_buffercache_summary_buffers_pinned'), 0)
    t.ok(value(all, 'pg_buffercache_summary_usagecount_avg') > 0 && value(all, 'pg_buffercache_summary_usagecount_avg') <= 5)
    const reader = await connect(server.url('users'))
    await reader.query('begin')
    await reader.query('declare c cursor for select from item')
    await reader.query('fetch from c')
    t.equal(value(await poll(url), 'pg_buffercache_summary_buffers_pinned'), 1, 'an open cursor pins its page')
    await server.sql('users', 'checkpoint')
    t.ok(value(await poll(url), 'pg_buffercache_summary_buffers_dirty') < 100, 'a checkpoint writes the dirty buffers')
    await reader.end()
  })
}
