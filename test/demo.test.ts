import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type Test, test } from 'tap'
import { freePort } from './servers/start-server.ts'

interface Demo {
  readonly child: ChildProcess
  /** The temporary folder of this demo. */
  readonly folder: string
  readonly output: () => string
  /** Resolves to the exit code. */
  readonly ended: Promise<unknown>
}

function startDemo(t: Test, port: string): Demo {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'demo-test-'))
  chmodSync(folder, 0o755)
  const root = join(import.meta.dirname, '..')
  const child = spawn(process.execPath, ['--import', 'tsx', 'demo/demo.ts'], {
    cwd: root,
    env: { PATH: process.env.PATH, TMPDIR: folder, PGVITALS_PORT: port }
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
  const ended = once(child, 'exit').then(([code]) => code)
  t.teardown(async () => {
    child.kill()
    await ended
    for (const stream of [child.stdout, child.stderr]) stream.destroy()
    rmSync(folder, { recursive: true, force: true })
  })
  return { child, folder, output: () => output, ended }
}

/** Repeats a read until the result is sufficient or the time is over; returns the last result. */
async function until<Result>(
  seconds: number,
  read: () => Promise<Result> | Result,
  isEnough: (result: Result) => boolean
): Promise<Result> {
  const end = performance.now() + seconds * 1000
  for (;;) {
    const result = await read()
    if (isEnough(result) || performance.now() > end) return result
    await delay(500)
  }
}

/** The contents of the temporary folder of the demo, without the cache of tsx. */
function leftIn(folder: string): readonly string[] {
  return readdirSync(folder).filter((name) => !name.startsWith('tsx-'))
}

test('the demo runs a busy server and removes everything at its end', async (t) => {
  const port = String(await freePort())
  const demo = startDemo(t, port)
  const isReady = (output: string) => output.includes('Ctrl-C stops the demo')
  const output = await until(60, demo.output, (text) => isReady(text) || demo.child.exitCode !== null)
  t.ok(isReady(output), 'the demo reports that it is ready', { output })
  t.match(output, `http://localhost:${port}/metrics`, 'and its address')

  const scrape = async () => await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  const idle = /^pg_stat_activity_count\{[^}]*datname="platform",state="idle in transaction",[^}]*application_name="back-office"[^}]*\} 1$/m
  const deadlock = /^pg_stat_database_deadlocks\{[^}]*datname="labeler"\} [1-9]/m
  // Statement counters start at 0 with the first poll, so the second one shows calls.
  const statements = (datname: string) => new RegExp(`^pg_stat_statements_calls_total\\{[^}]*datname="${datname}",[^}]*\\} [1-9]`, 'm')
  const page = await until(40, scrape, (text) =>
    [idle, deadlock, ...['platform', 'users', 'labeler'].map(statements)].every((pattern) => pattern.test(text))
  )
  const shows = (pattern: RegExp, what: string) => t.ok(pattern.test(page), what, { pattern })
  for (const datname of ['platform', 'users', 'labeler']) {
    shows(new RegExp(`^pg_database_up\\{[^}]*datname="${datname}"\\} 1$`, 'm'), `${datname} is up`)
    shows(statements(datname), `${datname}: statements`)
    shows(new RegExp(`^pg_stat_user_tables_n_tup_upd\\{[^}]*datname="${datname}",[^}]*\\} [1-9]`, 'm'), `${datname}: updates`)
  }
  shows(idle, 'a session idle in transaction')
  shows(deadlock, 'a deadlock')
  t.same(page.match(/^pgvitals_query_success\{[^}]*\} 0$/gm), null, 'every query succeeds with pg_monitor alone')

  const [home = ''] = leftIn(demo.folder)
  t.match(home, /^pgvitals-demo-/, 'all data is in one folder')
  const files = readdirSync(join(demo.folder, home), { recursive: true, encoding: 'utf8' })
  const pidFile = files.find((file) => file.endsWith('postmaster.pid')) ?? ''
  const postmaster = Number.parseInt(readFileSync(join(demo.folder, home, pidFile), 'utf8'), 10)
  t.doesNotThrow(() => process.kill(postmaster, 0), 'PostgreSQL runs')

  demo.child.kill('SIGINT')
  const code = await until(
    10,
    () => demo.child.exitCode,
    (code) => code !== null
  )
  t.equal(code, 0, 'Ctrl-C ends the demo with exit code 0 within seconds', { output: demo.output() })
  t.same(leftIn(demo.folder), [], 'no folder is left')
  t.throws(() => process.kill(postmaster, 0), { code: 'ESRCH' }, 'no PostgreSQL is left')
  await t.rejects(scrape(), 'no pgvitals is left')
})

test('a pgvitals that does not start ends the demo with its error message', async (t) => {
  const demo = startDemo(t, 'abc')
  t.equal(await demo.ended, 1, 'the demo fails')
  const output = await until(2, demo.output, (text) => text.includes('The demo failed'))
  t.match(output, /PGVITALS_PORT: invalid value[\s\S]*The demo failed: pgvitals exited with code 1/, 'both give the reason')
  t.same(leftIn(demo.folder), [], 'no folder is left')
})
