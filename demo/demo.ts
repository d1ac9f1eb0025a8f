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

// Everything on disk is in one folder, half-made things too. PostgreSQL, which root starts as another user, has to reach it.
const folder = mkdtempSync(join(realpathSync(tmpdir()), 'pgvitals-demo-'))
chmodSync(folder, 0o755)
process.env.TMPDIR = folder

const ending = new AbortController()
const closers: (() => Promise<unknown>)[] = []

try {
  await Promise.race([asked, run()])
  console.log('\nStopping.')
} catch (error) {
  console.error(`\nThe demo has to end: ${error instanceof Error ? error.message : error}`)
  process.exitCode = 1
}
ending.abort()
// All at once, for Ctrl-C in a terminal has already reached PostgreSQL and pgvitals too; and never waiting for ever for one of them.
await Promise.race([Promise.allSettled(closers.map((close) => close())), delay(5000)])
await rm(folder, { recursive: true, force: true, maxRetries: 5 })
process.exit()

/** Starts everything, and then waits for pgvitals to fail. */
async function run(): Promise<never> {
  console.log('Starting PostgreSQL 18, its load and pgvitals …')
  // Without a socket file, whose path would be too long in the temporary folder of macOS.
  const starting = startServer({ flags: ['unix_socket_directories=', 'track_io_timing=on'] })
  closers.push(async () => (await starting).stop())
  const server = await starting
  await createDatabases(server)
  ending.signal.throwIfAborted()

  const load = startLoad(server.url)
  closers.push(load.stop)
  // So that the first page already has a deadlock, updates and a slow statement to show.
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
