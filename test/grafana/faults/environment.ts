import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { normalWorkloads, startLoad } from '../../../demo/load.ts'
import { createDatabases, databases, password } from '../../../demo/schema.ts'
import { until } from '../../exporter/run-exporter.ts'
import { runProcess } from '../../exporter/run-process.ts'
import { freePort, startServer, type TestServer } from '../../servers/start-server.ts'
import { acceleratedRules } from './accelerate.ts'
import { exporterFile, monitorPassword } from './exporter-file.ts'
import type { Environment } from './fault.ts'

/** A running environment with its processes. */
export interface RunningEnvironment extends Environment {
  readonly prometheus: string
  readonly exporterOutput: () => string
  readonly stop: () => Promise<void>
}

/** Starts two servers with the databases of two teams, a calm load on one, pgvitals, and Prometheus with the accelerated rules. */
export async function startEnvironment(): Promise<RunningEnvironment> {
  const starting = [
    startTeamServer({ major: 18, flags: ['fsync=on', 'track_io_timing=on'] }),
    startTeamServer({ major: 16, flags: ['fsync=on', 'max_connections=40'] })
  ] as const
  const started = await Promise.allSettled(starting)
  if (started.some(({ status }) => status === 'rejected')) {
    for (const one of started) if (one.status === 'fulfilled') await one.value.remove()
  }
  const [main, second] = await Promise.all(starting)
  const servers = { main, second }
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'pgvitals-faults-'))
  chmodSync(folder, 0o755)
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text)
  write('pgvitals.yaml', exporterFile(servers))
  write('rules.yml', acceleratedRules())
  const [exporterPort, prometheusPort] = [await freePort(), await freePort()]
  write(
    'prometheus.yml',
    JSON.stringify({
      global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
      rule_files: ['rules.yml'],
      scrape_configs: [{ job_name: 'pgvitals', static_configs: [{ targets: [`127.0.0.1:${exporterPort}`] }] }]
    })
  )
  const load = startLoad(main.url, normalWorkloads)
  const exporter = runProcess({
    PGVITALS_CONFIG: join(folder, 'pgvitals.yaml'),
    PGVITALS_PORT: String(exporterPort),
    // Every alert fires at the default level.
    PGVITALS_DETAIL: 'standard',
    PGVITALS_LOG_LEVEL: 'warn'
  })
  const processes: { readonly child: ChildProcess; readonly ended: Promise<unknown> }[] = [exporter]
  const stop = async () => {
    for (const { child } of processes) child.kill()
    await Promise.allSettled([load.stop(), ...processes.map(({ ended }) => ended)])
    await Promise.all([main.remove(), second.remove()])
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
  // Otherwise Prometheus would report PgvitalsDown.
  const isReady = () =>
    fetch(`http://127.0.0.1:${exporterPort}/readyz`).then(
      ({ ok }) => ok,
      () => false
    )
  try {
    await until('pgvitals is ready', 60, isReady)
  } catch (error) {
    await stop()
    throw new Error(`pgvitals did not start:\n${exporter.output()}`, { cause: error })
  }
  const flags = ['--config.file=prometheus.yml', '--storage.tsdb.path=data', `--web.listen-address=127.0.0.1:${prometheusPort}`]
  // Collecting garbage less often saves CPU time.
  const child = spawn('prometheus', flags, { cwd: folder, stdio: 'ignore', env: { ...process.env, GOGC: '400' } })
  processes.push({ child, ended: once(child, 'close') })
  return {
    servers,
    prometheus: `http://127.0.0.1:${prometheusPort}`,
    exporterOutput: exporter.output,
    open: async (server, database) => {
      const session = new pg.Client({ connectionString: servers[server].url(database, databases[database].owner, password) })
      // A session that the server ends emits an error; its next statement fails.
      session.on('error', () => {})
      await session.connect()
      return session
    },
    endSessions: async (server, database) => {
      const where = database === undefined ? 'true' : `datname = '${database}'`
      const ours = "usename in ('pgvitals', 'labeler_monitor')"
      await servers[server].sql('postgres', `select pg_terminate_backend(pid) from pg_stat_activity where ${ours} and ${where}`)
    },
    reload: () => void exporter.child.kill('SIGHUP'),
    stop
  }
}

async function startTeamServer(options: Parameters<typeof startServer>[0]): Promise<TestServer> {
  const server = await startServer(options)
  try {
    await createDatabases(server)
    await server.sql(
      'postgres',
      `create role labeler_monitor login password '${monitorPassword}' in role pg_monitor`,
      'grant connect on database labeler to labeler_monitor'
    )
    return server
  } catch (error) {
    await server.remove()
    throw error
  }
}
