import { readFileSync } from 'node:fs'
import { test } from 'tap'
import { everySecond, makeExporter, until } from '../exporter/run-exporter.ts'
import { allOf, type PageSample, sampleValue } from '../page/parse-page.ts'
import { startServer, type TestServer } from '../servers/start-server.ts'
import { createTeamDatabases } from '../servers/team-databases.ts'
import { createPoller } from './create-poller.ts'

const { pollSamples } = createPoller('postmaster', 'setting', 'setting_dangerous', 'setting_pending_restart', 'settings')

/** Changes parameters and waits until the server has loaded them. */
async function alterSystem(server: TestServer, ...changes: readonly string[]): Promise<void> {
  const loadedAt = async () => (await server.sql('postgres', 'select pg_conf_load_time()::text as time'))[0]?.time
  const before = await loadedAt()
  await server.sql('postgres', ...changes.map((change) => `alter system ${change}`), 'select pg_reload_conf()')
  await until('the configuration is loaded', 5, async () => (await loadedAt()) !== before)
}

for (const major of [13, 18] as const) {
  test(`parameters of PostgreSQL ${major}`, async (t) => {
    const server = await startServer({ major })
    t.teardown(() => server.remove())
    await createTeamDatabases(server)
    const hash = (samples: readonly PageSample[]) => sampleValue(samples, 'pg_setting_hash')

    t.test('the hash changes with a parameter of the server and with nothing else', async (t) => {
      const { exporter, samples } = makeExporter(
        { DATABASE_URL: server.url('platform', 'pgvitals'), PGVITALS_QUERIES: everySecond },
        { queries: ['setting'] }
      )
      t.teardown(() => exporter.stop())
      await exporter.pollOnce()
      const first = hash(await samples())
      t.ok(Number.isSafeInteger(first) && (first ?? 0) > 0)
      t.equal(
        hash(await pollSamples(server, { database: 'users', user: 'postgres' })),
        first,
        'another database and role see the same hash'
      )
      const file = readFileSync(new URL('../../queries/setting.sql', import.meta.url), 'utf8')
      const statements = ["set work_mem = '9MB'", "set client_encoding = 'SQL_ASCII'", 'do $$begin end$$', file]
      t.equal(Number((await server.sql('labeler', ...statements))[0]?.hash), first, 'settings of a session do not count')
      await alterSystem(server, "set work_mem = '5MB'")
      await until('an open session sees the change', 10, async () => {
        await exporter.pollOnce()
        return hash(await samples()) !== first
      })
      await alterSystem(server, 'reset work_mem')
      t.equal(hash(await pollSamples(server)), first, 'and the old hash returns')
      await alterSystem(server, "set pg_stat_statements.track = 'all'")
      t.not(hash(await pollSamples(server)), first, 'parameters of a preloaded library count')
      await alterSystem(server, 'reset all')
    })

    t.test('a parameter that waits for a restart is counted and named', async (t) => {
      const before = await pollSamples(server)
      t.equal(sampleValue(before, 'pg_setting_pending_restarts'), 0)
      t.same(allOf(before, 'pg_setting_pending_restart'), [])
      await alterSystem(server, 'set max_connections = 77', "set shared_preload_libraries = 'pg_stat_statements, auto_explain'")
      // The libraries are also on the command line, which takes precedence.
      const [truth] = await server.sql(
        'postgres',
        'select array_agg(name order by name)::text as names from pg_settings where pending_restart'
      )
      const waiting = await pollSamples(server)
      const names = allOf(waiting, 'pg_setting_pending_restart').map(({ labels }) => labels.name)
      t.ok(names.includes('max_connections'))
      t.equal(`{${[...names].sort().join(',')}}`, truth?.names)
      t.equal(sampleValue(waiting, 'pg_setting_pending_restarts'), names.length)
      t.equal(sampleValue(waiting, 'pg_settings_max_connections'), 100, 'the old value is in force')
      t.same(
        allOf(await pollSamples(server, { database: 'users', user: 'users_owner' }), 'pg_setting_pending_restarts'),
        [],
        'absent without pg_read_all_settings'
      )
      await alterSystem(server, 'reset all')
    })

    t.test('a dangerous parameter is 1 while it has the dangerous value', async (t) => {
      const value = (samples: readonly PageSample[], name: string) => sampleValue(samples, 'pg_setting_dangerous', { name })
      const before = await pollSamples(server)
      t.equal(value(before, 'fsync'), 1, 'the tests run without fsync')
      const others = allOf(before, 'pg_setting_dangerous').filter(({ labels }) => labels.name !== 'fsync')
      t.equal(others.length, 11)
      t.same(
        others.filter((sample) => sample.value !== 0),
        [],
        'no other parameter has a dangerous value'
      )
      const reloadable = {
        full_page_writes: 'off',
        synchronous_commit: 'off',
        autovacuum: 'off',
        track_counts: 'off',
        ignore_checksum_failure: 'on',
        zero_damaged_pages: 'on',
        session_replication_role: 'replica'
      }
      await alterSystem(server, ...Object.entries(reloadable).map(([name, dangerous]) => `set ${name} = '${dangerous}'`))
      const dangerous = await pollSamples(server)
      t.same(
        allOf(dangerous, 'pg_setting_dangerous')
          .flatMap(({ labels, value }) => (value === 1 ? [labels.name] : []))
          .sort(),
        ['fsync', ...Object.keys(reloadable)].sort()
      )
      await server.sql('postgres', 'alter database platform set synchronous_commit = on')
      const overridden = await pollSamples(server)
      t.equal(value(overridden, 'synchronous_commit'), undefined, "an override of our database hides the server's value")
      t.equal(value(overridden, 'autovacuum'), 1)
      await server.sql('postgres', 'alter database platform reset all')
      await alterSystem(server, 'reset all')
    })

    t.test('the times of a reload and a restart are exported', async (t) => {
      const now = Date.now() / 1000
      const time = (samples: readonly PageSample[], name: string) => sampleValue(samples, name) ?? 0
      const first = await pollSamples(server)
      t.ok(time(first, 'pg_postmaster_start_time_seconds') > now - 60 && time(first, 'pg_postmaster_start_time_seconds') < now)
      await alterSystem(server, "set work_mem = '6MB'")
      const reloaded = await pollSamples(server)
      t.equal(time(reloaded, 'pg_postmaster_start_time_seconds'), time(first, 'pg_postmaster_start_time_seconds'))
      t.ok(
        time(reloaded, 'pg_postmaster_config_load_time_seconds') > now - 1 &&
          time(reloaded, 'pg_postmaster_config_load_time_seconds') < now + 20
      )
      await server.stop()
      await server.start()
      const restarted = await pollSamples(server)
      t.ok(time(restarted, 'pg_postmaster_start_time_seconds') > time(reloaded, 'pg_postmaster_config_load_time_seconds'))
    })
  })
}
