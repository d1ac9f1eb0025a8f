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

/** What the boards and rules are tried on. */
export interface Stage {
  readonly prometheus: string
  readonly primary: TestServer
  readonly stop: () => Promise<void>
}

interface StageOptions {
  /** How often Prometheus scrapes. */
  readonly scrapeSeconds: number
  /** Queries tuned, as in PGVITALS_QUERIES. */
  readonly queries?: string
  readonly port?: number
}

/** Two teams with their databases and what they may do in each other's, a small disk, and a standby that is only watched. */
function configOf(primary: TestServer, standby: TestServer): string {
  const reach = ({ port }: TestServer) => ({ host: '127.0.0.1', port, user: 'pgvitals', password, database: 'platform' })
  const databases = {
    platform: { team: 'platform', access: { platform: 'owner', labeler: 'none' } },
    users: { team: 'platform', access: { platform: 'owner', labeler: 'read' } },
    labeler: { team: 'labeler', access: { labeler: 'owner', platform: 'none' }, quota_bytes: 200e6 }
  }
  const servers = {
    main: { ...reach(primary), capacity_bytes: 10e9, databases },
    'main-standby': { ...reach(standby), capacity_bytes: 10e9, databases: { platform: { team: 'platform' } } }
  }
  return JSON.stringify({ servers })
}

/** The demo's databases and load, a standby, pgvitals, and a real Prometheus with our rules. */
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
  // Not before, for the standby would have a copy, which is lost there.
  await primary.sql('labeler', "select pg_create_logical_replication_slot('changes', 'pgoutput')")
  const load = startLoad(primary.url)
  // A statement that is new to pgvitals stands still for two minutes, so the load's are there before it.
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
  const prometheus = spawn('prometheus', flags, { cwd: folder, stdio: 'ignore' })
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
