import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type RunningProcess, runProcess } from '../test/exporter/run-process.ts'
import { runFolder } from '../test/servers/run-folder.ts'
import { freePort, startServer, startStandby, type TestServer } from '../test/servers/start-server.ts'
import { createTeamDatabases } from '../test/servers/team-databases.ts'
import type { ServerKind } from './fault.ts'
import { movingName, setHost } from './hosts-file.ts'
import { scrape } from './scrape.ts'
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts'
import { startWatch, type Watch } from './watch.ts'

/** A server that faults hit, behind a proxy. */
export interface Victim {
  /** The label `server`. */
  readonly name: string
  readonly kind: ServerKind
  readonly postgres: TestServer
  readonly proxy: TcpProxy
  /** The file with the password of `users_owner`, with whom pgvitals connects to `users`. */
  readonly passwordFile: string
  readonly configuration: object
  /** Of the kind `pooled`. */
  readonly pooler?: Pooler
  /** The mount point of the kind `small disk`. */
  readonly disk?: string
  readonly primary?: TestServer
  readonly remove: () => Promise<void>
}

export interface Pooler {
  readonly port: number
  readonly start: () => Promise<void>
  readonly kill: (signal: NodeJS.Signals) => void
  /** The proxy between PgBouncer and PostgreSQL. */
  readonly behind: TcpProxy
}

/** The servers, and pgvitals that polls them. */
export interface World {
  readonly folder: string
  /** The server that no fault hits. */
  readonly healthy: TestServer
  readonly victims: readonly Victim[]
  readonly configPath: string
  readonly url: string
  readonly port: number
  readonly watch: Watch
  /** Replaces the configuration file as editors do; without a text, with the original. */
  readonly writeConfig: (text?: string) => void
  /** The configuration of all servers, as an object. */
  readonly configuration: () => { readonly servers: Readonly<Record<string, object>> }
  /** The running process of pgvitals. */
  readonly pgvitals: () => RunningProcess
  /** What ended pgvitals since the start, one text per end. It is started again each time. */
  readonly ends: readonly string[]
  /** A running server of another major version with the same databases, started at the first call. */
  readonly otherServer: () => Promise<TestServer>
  readonly stop: () => Promise<void>
}

const serverFlags = [
  'max_connections=30',
  'superuser_reserved_connections=3',
  'wal_keep_size=16MB',
  'max_wal_size=64MB',
  'min_wal_size=32MB'
]

/** The roles of pgvitals on every server. */
export const ownRoles = ['pgvitals', 'users_owner'] as const

/** Starts the healthy server, one server per kind and several of the kind `plain`, and pgvitals; waits until the page is complete. */
export async function createWorld(kinds: ReadonlySet<ServerKind>, plainServers: number): Promise<World> {
  const folder = mkdtempSync(join(runFolder(), 'faults-'))
  chmodSync(folder, 0o755)
  const healthy = await startServer({ flags: serverFlags })
  await createTeamDatabases(healthy)
  const wanted = [...kinds].flatMap((kind) => (kind === 'plain' ? Array.from({ length: plainServers }, () => kind) : [kind]))
  const victims: Victim[] = []
  for (const [index, kind] of wanted.entries()) victims.push(await createVictim(kind, `victim_${index + 1}`, folder))
  const configPath = join(folder, 'pgvitals.yaml')
  const configuration = () => ({
    servers: {
      healthy: serverConfiguration(healthy.port, 'secret'),
      ...Object.fromEntries(victims.map((victim) => [victim.name, victim.configuration]))
    }
  })
  const writeConfig = (text?: string) => {
    writeFileSync(`${configPath}.new`, text ?? `${JSON.stringify(configuration(), undefined, 2)}\n`)
    renameSync(`${configPath}.new`, configPath)
  }
  writeConfig()
  const port = await freePort()
  const ends: string[] = []
  const supervised = supervise(
    { PGVITALS_CONFIG: configPath, PGVITALS_PORT: String(port), PGVITALS_LOG_LEVEL: 'warn', PGVITALS_DETAIL: 'standard' },
    ends
  )
  const url = `http://127.0.0.1:${port}/metrics`
  const watch = startWatch(url)
  let silentSince: number | undefined
  watch.listen(({ scrape: { status } }) => {
    silentSince = status === 0 ? (silentSince ?? performance.now()) : undefined
    if (silentSince === undefined || performance.now() - silentSince < frozenMs) return
    silentSince = undefined
    ends.push(`no response for ${frozenMs / 1000} s, killed`)
    supervised.current().child.kill('SIGKILL')
  })
  let other: Promise<TestServer> | undefined
  const otherServer = () => {
    other ??= startOther()
    return other
  }
  const stop = async () => {
    watch.stop()
    await other?.then((one) => one.remove()).catch(() => {})
    await supervised.stop()
    for (const victim of victims) await victim.remove().catch(() => {})
    await healthy.remove()
  }
  const names = victims.map(({ name }) => name)
  // Queries with long intervals must have been polled too: they would be polled again after a fault only.
  const isComplete = await watch.until(120, async (seen) => {
    const isUp = names.every((name) => seen.up(name) === 1 && seen.failing(name).length === 0)
    return isUp && (await scrape(`http://127.0.0.1:${port}/readyz`)).status === 200
  })
  if (isComplete === undefined) {
    const log = supervised.current().output().slice(-5000)
    await stop()
    throw new Error(`the page of pgvitals was not complete after 120 s:\n${log}`)
  }
  const pgvitals = supervised.current
  return { folder, healthy, victims, configPath, url, port, watch, writeConfig, configuration, pgvitals, ends, otherServer, stop }
}

async function startOther(): Promise<TestServer> {
  const server = await startServer({ major: 16, flags: serverFlags })
  await createTeamDatabases(server)
  return server
}

/** After this time without a response, the process is killed, so that the other faults can be tried. */
const frozenMs = 25_000

/** Starts pgvitals, and again whenever it ends. */
function supervise(environment: Readonly<Record<string, string>>, ends: string[]) {
  let isStopped = false
  let current = runProcess(environment)
  const restart = (outcome: number | string, output: string) => {
    if (isStopped) return
    ends.push(`pgvitals ended (${outcome}): ${output.trim().split('\n').at(-1)?.slice(0, 200)}`)
    current = runProcess(environment)
    follow()
  }
  const follow = () => {
    const { ended, output } = current
    void ended.then((outcome) => restart(outcome, output()))
  }
  follow()
  process.once('exit', () => current.child.kill('SIGKILL'))
  return {
    current: () => current,
    stop: async () => {
      isStopped = true
      current.child.kill('SIGTERM')
      await Promise.race([current.ended, sleep(8000, undefined, { ref: false })])
      current.child.kill('SIGKILL')
    }
  }
}

/** The configuration of a server with the three databases of the tests. */
export function serverConfiguration(port: number, usersPassword: unknown, host = '127.0.0.1') {
  return {
    host,
    port,
    user: 'pgvitals',
    password: 'secret',
    databases: {
      platform: { team: 'platform' },
      users: { team: 'platform', user: 'users_owner', password: usersPassword },
      labeler: { team: 'labeler' }
    }
  }
}

async function createVictim(kind: ServerKind, name: string, folder: string): Promise<Victim> {
  const passwordFile = join(folder, `${name}-password`)
  writeFileSync(passwordFile, 'secret\n')
  const own = await startKind(kind, folder)
  const { postgres, pooler } = own
  const listenPort = kind === 'named' ? await freePort() : 0
  const proxy = await startTcpProxy(pooler?.port ?? postgres.port, '127.0.0.1', listenPort)
  if (kind === 'named') setHost(movingName, '127.0.0.1')
  return {
    name,
    kind,
    proxy,
    passwordFile,
    ...own,
    configuration: {
      ...serverConfiguration(proxy.port, { file: passwordFile }, kind === 'named' ? movingName : '127.0.0.1'),
      ...(own.disk === undefined ? {} : { data_directory: own.disk })
    },
    remove: async () => {
      await proxy.close()
      await own.remove()
    }
  }
}

type KindOfServer = Pick<Victim, 'postgres' | 'pooler' | 'disk' | 'primary' | 'remove'>

async function startKind(kind: ServerKind, folder: string): Promise<KindOfServer> {
  const disk = kind === 'small disk' ? mountDisk(folder) : undefined
  const postgres = await startServer({ flags: serverFlags, ...(disk !== undefined && { folder: disk }) })
  await createTeamDatabases(postgres)
  if (kind === 'pooled') {
    const pooler = await startPooler(postgres.port, folder)
    const remove = async () => {
      pooler.kill('SIGKILL')
      await pooler.behind.close()
      await postgres.remove()
    }
    return { postgres, pooler, remove }
  }
  if (kind === 'standby') {
    const standby = await startStandby(postgres)
    const remove = async () => {
      await standby.remove()
      await postgres.remove()
    }
    return { postgres: standby, primary: postgres, remove }
  }
  if (disk !== undefined) {
    const remove = async () => {
      await postgres.remove()
      unmount(disk)
    }
    return { postgres, disk, remove }
  }
  return { postgres, remove: () => postgres.remove() }
}

/** A file system in memory large enough for one small server. Requires root. */
function mountDisk(folder: string): string {
  const disk = join(folder, 'disk')
  mkdirSync(disk)
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=320m,mode=1777', 'tmpfs', disk])
  process.once('exit', () => unmount(disk))
  return disk
}

function unmount(disk: string): void {
  if (readFileSync('/proc/mounts', 'utf8').includes(` ${disk} `)) execFileSync('umount', ['-l', disk])
}

/** Starts PgBouncer in transaction mode. */
async function startPooler(postgresPort: number, folder: string): Promise<Pooler> {
  const behind = await startTcpProxy(postgresPort)
  const port = await freePort()
  const own = join(folder, 'pgbouncer')
  mkdirSync(own)
  chmodSync(own, 0o755)
  writeFileSync(join(own, 'users.txt'), '"pgvitals" "secret"\n"users_owner" "secret"\n')
  writeFileSync(
    join(own, 'pgbouncer.ini'),
    `[databases]\n* = host=127.0.0.1 port=${behind.port}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = ${port}\nunix_socket_dir =\n` +
      `auth_type = plain\nauth_file = ${own}/users.txt\npool_mode = transaction\ndefault_pool_size = 2\nserver_login_retry = 1\n`
  )
  const asUser = process.getuid?.() === 0 ? ['-u', 'postgres'] : []
  let child: ReturnType<typeof spawn> | undefined
  const start = async () => {
    const started = spawn('pgbouncer', [...asUser, join(own, 'pgbouncer.ini')], { stdio: ['ignore', 'ignore', 'pipe'] })
    child = started
    await new Promise<void>((resolve, reject) => {
      started.once('error', reject)
      started.stderr.setEncoding('utf8').on('data', (text: string) => text.includes('process up') && resolve())
    })
  }
  await start()
  process.once('exit', () => child?.kill('SIGKILL'))
  return { port, start, kill: (signal) => void child?.kill(signal), behind }
}
