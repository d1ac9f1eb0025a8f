import { spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { test } from 'tap'
import { parseDatabaseUrl } from '../src/config/database-url.ts'
import { ClassedError } from '../src/server/error-class.ts'
import { openSession } from '../src/server/session.ts'
import { sessionSettings } from '../src/server/session-settings.ts'
import { StartupOptions } from '../src/server/startup-options.ts'
import { everySecond, makeExporter } from './exporter/run-exporter.ts'
import { allOf, sampleValue } from './page/parse-page.ts'
import { hasTool } from './servers/has-tool.ts'
import { freePort, startServer } from './servers/start-server.ts'
import { createTeamDatabases } from './servers/team-databases.ts'

for (const mode of ['session', 'transaction'] as const) {
  test(`the page is complete through PgBouncer in ${mode} mode`, async (t) => {
    if (!hasTool(t, 'pgbouncer', 'pgbouncer')) return
    const server = await startServer({ major: 16 })
    t.teardown(() => server.remove())
    await createTeamDatabases(server)
    const port = await freePort()
    const folder = mkdtempSync(join(tmpdir(), 'pgvitals-pgbouncer-'))
    chmodSync(folder, 0o755)
    writeFileSync(join(folder, 'users.txt'), '"pgvitals" "secret"\n"users_owner" "secret"\n')
    writeFileSync(
      join(folder, 'pgbouncer.ini'),
      `[databases]\n* = host=127.0.0.1 port=${server.port}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = ${port}\nunix_socket_dir =\n` +
        `auth_type = plain\ndefault_pool_size = 2\nauth_file = ${folder}/users.txt\npool_mode = ${mode}\n`
    )
    // PgBouncer, too, refuses to run as root.
    const asUser = process.getuid?.() === 0 ? ['-u', 'postgres'] : []
    const pgbouncer = spawn('pgbouncer', [...asUser, join(folder, 'pgbouncer.ini')], { stdio: ['ignore', 'ignore', 'pipe'] })
    t.teardown(() => {
      pgbouncer.kill('SIGKILL')
      rmSync(folder, { recursive: true })
    })
    await new Promise<void>((resolve) =>
      pgbouncer.stderr.setEncoding('utf8').on('data', (text: string) => text.includes('process up') && resolve())
    )

    const url = (name: string) => `postgresql://pgvitals:secret@127.0.0.1:${port}/${name}`
    const { exporter, samples } = makeExporter({
      DATABASE_URL: url('platform'),
      USER_DATABASE_URL: url('users'),
      PGVITALS_QUERIES: everySecond
    })
    t.teardown(() => exporter.stop())
    await exporter.pollOnce()
    await exporter.pollOnce()
    const all = await samples()
    t.same(
      allOf(all, 'pgvitals_query_success').filter(({ value }) => value !== 1),
      []
    )
    t.equal(sampleValue(all, 'pg_stat_user_tables_n_tup_ins', { datname: 'users', relname: 'item' }), 100)
    t.equal(sampleValue(all, 'pgvitals_server_identities'), 1)
    t.equal(sampleValue(all, 'pg_settings_statement_timeout_seconds'), 0)

    // In transaction mode, the application with the same credential uses the server connections that pgvitals used.
    const owner = makeExporter(
      { DATABASE_URL: `postgresql://users_owner:secret@127.0.0.1:${port}/users`, PGVITALS_QUERIES: everySecond },
      { queries: ['stat_user_tables'] }
    )
    t.teardown(() => owner.exporter.stop())
    await owner.exporter.pollOnce()
    const application = new pg.Client(`postgresql://users_owner:secret@127.0.0.1:${port}/users`)
    await application.connect()
    t.teardown(() => application.end())
    await t.resolves(application.query('insert into item values (1000)'), 'the application still writes and finds its tables')
    // Every setting of our sessions has the value of the server, or that of the application.
    const names = [...sessionSettings([16, 14], 5).map(({ name }) => name), 'local_preload_libraries']
    const sources = `select name, source from pg_settings where name = any($1) and source in ('session', 'client') order by name`
    const { rows } = await application.query(sources, [names])
    t.same(
      rows.filter(({ name }) => name !== 'application_name' && name !== 'client_encoding'),
      []
    )
    t.same((await application.query('show application_name')).rows, [{ application_name: '' }])

    // PgBouncer refuses startup options. The session then starts without them.
    const startup = new StartupOptions()
    startup.start()
    startup.loggedIn([])
    startup.failed(new ClassedError('timeout', 'the pooler did not respond'))
    t.ok(startup.start())
    const session = await openSession(parseDatabaseUrl(url('users')), undefined, startup)
    t.teardown(() => session.close())
    t.same((await session.run('select 1', { timeoutSeconds: 5, maxRows: 1 })).rows, [['1']])
  })
}
