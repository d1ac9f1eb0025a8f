import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { startLoad } from '../../../demo/load.ts'
import { createDatabases, password } from '../../../demo/schema.ts'
import { runProcess } from '../../exporter/run-process.ts'
import { freePort, startServer, startStandby, type TestServer } from '../../servers/start-server.ts'

/** Real servers, pgvitals and Prometheus for tests of dashboards and rules. */
export interface Stage {
  readonly prometheus: string
  readonly primary: TestServer
  readonly stop: () => Promise<void>
}

interface StageOptions {
  /** The scrape interval of Prometheus. */
  readonly scrapeSeconds: number
  /** The value of PGVITALS_QUERIES. */
  readonly queries?: string
  readonly port?: number
}

/** The databases of two teams with their access to each other, a small disk, and a standby. */
function configOf(primary: TestServer, standby: TestServer): string {
  const connection = ({ port }: TestServer) => ({ host: '127.0.0.1', port, user: 'pgvitals', password, database: 'platform' })
  const databases = {
    platform: { team: 'platform', access: { platform: 'owner', labeler: 'none' } },
    users: { team: 'platform', access: { platform: 'owner', labeler: 'read' } },
    labeler: { team: 'labeler', access: { labeler: 'owner', platform: 'none' }, quota_bytes: 200e6 }
  }
  const servers = {
    main: { ...connection(primary), capacity_bytes: 10e9, databases },
    'main-standby': { ...connection(standby), capacity_bytes: 10e9, databases: { platform: { team: 'platform' } } }
  }
  return JSON.stringify({ servers })
}

/** Starts the databases and the load of the demo, a standby, pgvitals, and Prometheus with our rules. */
export async function startStage({ scrapeSeconds, queries = '', port }: StageOptions): Promise<Stage> {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'pgvitals-stage-'))
  chmodSync(folder, 0o755)
  const primary = await startServer({
    flags: ['track_io_timing=on', 'pg_stat_statements.track_planning=on', 'wal_level=logical', 'autovacuum_naptime=20s', 'fsync=on']
  })
  await createDatabases(primary)
  await primary.sql('labeler', 'grant select on all sequences in schema public to pgvitals')
  await primary.sql('users', 'grant connect on database users to labeler', 'grant select on all tables in schema public to labeler')
  await primary.sql('postgres', 'alter role labeler connection limit 20', 'alter database labeler connection limit 30')
  const standby = await startStandby(primary)
  // The standby would have a copy, and lose it, if the slot were older.
  await primary.sql('labeler', "select pg_create_logical_replication_slot('changes', 'pgoutput')")
  const load = startLoad(primary.url)
  // The series of a statement that enters is frozen for a while, so the load starts before pgvitals.
  await delay(15_000)
  const [exporterPort, prometheusPort] = [await freePort(), port ?? (await freePort())]
  writeFileSync(join(folder, 'pgvitals.yaml'), configOf(primary, standby))
  const exporter = runProcess({
    PGVITALS_CONFIG: join(folder, 'pgvitals.yaml'),
    PGVITALS_PORT: String(exporterPort),
    PGVITALS_LOG_LEVEL: 'warn',
    PGVITALS_QUERIES: queries
  })
  const config = {
    global: { scrape_interval: `${scrapeSeconds}s`, evaluation_interval: `${scrapeSeconds}s` },
    rule_files: [join(import.meta.dirname, '..', '..', '..', 'grafana', 'rules', '*.yml')],
    scrape_configs: [{ job_name: 'pgvitals', static_configs: [{ targets: [`127.0.0.1:${exporterPort}`] }] }]
  }
  writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify(config))
  const flags = ['--config.file=prometheus.yml', '--storage.tsdb.path=data', `--web.listen-address=127.0.0.1:${prometheusPort}`]
  // Collecting garbage less often saves CPU time.
  const prometheus = spawn('prometheus', flags, { cwd: folder, stdio: 'ignore', env: { ...process.env, GOGC: '400' } })
  return {
    prometheus: `http://127.0.0.1:${prometheusPort}`,
    primary,
    stop: async () => {
      const ended = once(prometheus, 'exit')
      prometheus.kill('SIGKILL')
      exporter.child.kill('SIGTERM')
      await Promise.allSettled([load.stop(), exporter.ended, ended])
      await standby.remove()
      await primary.remove()
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    }
  }
}
