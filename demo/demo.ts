import { chmodSync, mkdtempSync, realpathSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { startServer } from '../test/servers/start-server.ts'
import { choosePort } from './choose-port.ts'
import { startExporter, untilReady } from './exporter.ts'
import { startLoad } from './load.ts'
import { createDatabases, exporterUrls } from './schema.ts'
import { untilAskedToEnd } from './until-asked-to-end.ts'
import { welcome } from './welcome.ts'

const asked = untilAskedToEnd()

// All files are in one directory that can be removed at any time. PostgreSQL, which root starts as another user, needs access to it.
const folder = mkdtempSync(join(realpathSync(tmpdir()), 'pgvitals-demo-'))
chmodSync(folder, 0o755)
process.env.TMPDIR = folder

const ending = new AbortController()
const closers: (() => Promise<unknown>)[] = []

try {
  await Promise.race([asked, run()])
  console.log('\nStopping.')
} catch (error) {
  console.error(`\nThe demo failed: ${error instanceof Error ? error.message : error}`)
  process.exitCode = 1
}
ending.abort()
// In parallel and with a deadline: Ctrl-C in a terminal has already reached PostgreSQL and pgvitals too.
await Promise.race([Promise.allSettled(closers.map((close) => close())), delay(5000)])
await rm(folder, { recursive: true, force: true, maxRetries: 5 })
process.exit()

/** Starts PostgreSQL, the load and pgvitals; rejects when pgvitals exits. */
async function run(): Promise<never> {
  console.log('Starting PostgreSQL 18, its load and pgvitals …')
  // No socket file: its path would be too long in the temporary directory of macOS.
  const starting = startServer({ flags: ['unix_socket_directories=', 'track_io_timing=on'] })
  closers.push(async () => (await starting).stop())
  const server = await starting
  await createDatabases(server)
  ending.signal.throwIfAborted()

  const load = startLoad(server.url)
  closers.push(load.stop)
  // The first page then already contains a deadlock, updates and a slow statement.
  await delay(3000, undefined, { signal: ending.signal })

  const { port, note } = await choosePort()
  ending.signal.throwIfAborted()
  const urls = exporterUrls(server)
  const exporter = startExporter({ urls, port, folder })
  closers.push(exporter.stop)
  await Promise.race([untilReady(port, ending.signal), exporter.failed])
  console.log(welcome({ port, note, urls }))
  return await exporter.failed
}
