import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { runProcess } from '../test/exporter/run-process.ts'
import { type Context, databaseDown, type Fault, says, type Truth, unaffected, upAnd } from './fault.ts'
import { repeat } from './hold-session.ts'
import { endsWithin, startOwn } from './own-process.ts'

const isRejected: Truth['holds'] = (seen) => seen.samples('pgvitals_config_reload_success').some(({ value }) => value === 0)

const configurationFault = (name: string, damage: (context: Context) => unknown): Fault => ({
  name,
  group: 'files',
  isAlone: true,
  inject: async (context) => {
    const { world } = context
    context.undo(() => {
      rmSync(world.configPath, { recursive: true, force: true })
      world.writeConfig()
    })
    await damage(context)
  },
  truth: upAnd('pgvitals_config_reload_success 0', isRejected)
})

const passwordFault = (name: string, replace: (path: string) => unknown): Fault => ({
  name,
  group: 'files',
  inject: async ({ victim: { passwordFile }, undo }) => {
    undo(() => {
      rmSync(passwordFile, { recursive: true, force: true })
      writeFileSync(passwordFile, 'secret\n')
    })
    rmSync(passwordFile)
    await replace(passwordFile)
  },
  truth: databaseDown('users', 'auth', 'other', 'network', 'timeout')
})

/** A fault whose injection tries everything and throws at the first wrong behaviour. */
const checked = (name: string, text: string, check: (context: Context) => Promise<unknown>): Fault => ({
  name,
  group: 'files',
  inject: check,
  truth: says(text, () => true)
})

export const fileFaults: readonly Fault[] = [
  configurationFault('the configuration file is invalid YAML', ({ world }) => world.writeConfig('servers: [')),
  configurationFault('the configuration file is removed', ({ world }) => rmSync(world.configPath)),
  configurationFault('the configuration file is replaced by a FIFO', ({ world }) => {
    rmSync(world.configPath)
    execFileSync('mkfifo', [world.configPath])
  }),
  configurationFault('the configuration file has 100 MB', ({ world }) => world.writeConfig('#'.repeat(100_000_000))),
  {
    name: 'half of the configuration file is written, and SIGHUP sent, ten times a second',
    group: 'files',
    isAlone: true,
    inject: async (context) => {
      const { world } = context
      const whole = readFileSync(world.configPath, 'utf8')
      context.undo(() => world.writeConfig())
      repeat(context, 100, async () => {
        writeFileSync(world.configPath, whole.slice(0, whole.length / 2))
        await sleep(50)
        writeFileSync(world.configPath, whole)
        world.pgvitals().child.kill('SIGHUP')
      })
    },
    holdSeconds: 20,
    truth: unaffected
  },
  passwordFault('a password file is removed', () => {}),
  passwordFault('a password file is a directory', (path) => mkdirSync(path)),
  passwordFault('a password file is replaced by a FIFO', (path) => execFileSync('mkfifo', [path])),
  passwordFault('a password file has 10 MB', (path) => writeFileSync(path, 'x'.repeat(10_000_000))),
  checked('SIGTERM while a password command and its child hang', 'pgvitals ends within 5 s, and no child remains', async (context) => {
    const mark = `47${String(Date.now()).slice(-6)}`
    const password = { command: ['sh', '-c', `sleep ${mark} & sleep ${mark}`] }
    const { world } = context
    const server = { host: '127.0.0.1', port: world.healthy.port, user: 'pgvitals', password, databases: { platform: {} } }
    const own = await startOwn(context, { configuration: { servers: { healthy: server } }, isAwaited: false })
    const children = () => commandLines().filter((line) => line.startsWith('sleep') && line.includes(mark))
    for (let attempt = 0; children().length < 2; attempt++) {
      if (attempt > 150) throw new Error('the password command was not started')
      await sleep(100)
    }
    own.running.child.kill('SIGTERM')
    if ((await endsWithin(5, own.running)) === undefined) throw new Error('pgvitals did not end within 5 s')
    // A killed process is listed until its parent has read its state.
    await sleep(500)
    const left = children()
    if (left.length > 0) throw new Error(`${left.length} children remain`)
  }),
  checked('the port is in use', 'the process ends with code 1 and names the port', async (context) => {
    const taken = createServer().listen(0, '127.0.0.1')
    context.undo(() => taken.close())
    await new Promise((resolve) => taken.once('listening', resolve))
    const address = taken.address()
    const port = String(typeof address === 'object' ? address?.port : '')
    const own = await startOwn(context, { environment: { PGVITALS_PORT: port }, isAwaited: false })
    const code = await endsWithin(30, own.running)
    if (code !== 1 || !own.running.output().includes(port)) throw new Error(`exit code ${code}: ${own.running.output().slice(-200)}`)
  }),
  checked('SIGTERM at ten moments of the start', 'the process ends within 5 s each time', async (context) => {
    for (let moment = 0; moment < 10; moment++) {
      const own = await startOwn(context, { isAwaited: false })
      await sleep(moment * 80)
      own.running.child.kill('SIGTERM')
      if ((await endsWithin(5, own.running)) === undefined) throw new Error(`still running 5 s after SIGTERM at ${moment * 80} ms`)
    }
  }),
  {
    name: 'the reader of the log is gone',
    group: 'files',
    inject: async (context) => {
      const own = await startOwn(context)
      own.running.child.stdout?.destroy()
      own.running.child.stderr?.destroy()
      // A rejected configuration is logged.
      writeFileSync(own.configPath, 'servers: [')
      own.running.child.kill('SIGHUP')
      await sleep(3000)
      const { status, text } = await own.get('/metrics')
      if (status !== 200 || !text.includes('pg_up{server="healthy"} 1')) throw new Error(`status ${status}`)
    },
    truth: says('pgvitals continues to serve its page', () => true)
  },
  checked('an unknown user without a home, who can write no file', 'pg_up 1 on the page of that process', async (context) => {
    const own = await startOwn(context, { isUnknownUser: true })
    const { status, text } = await own.get('/metrics')
    if (status !== 200 || !text.includes('pg_up{server="healthy"} 1')) throw new Error(`status ${status}`)
  }),
  checked('damaged configuration files', 'each start ends with code 1 and a message without a stack', async (context) => {
    const whole = readFileSync(context.world.configPath, 'utf8')
    const damaged = [
      whole.slice(0, whole.length / 2),
      '[]',
      'null',
      '\u0000',
      'a: &a [*a]',
      `a: ${'['.repeat(10_000)}`,
      'servers: { x: !!binary "////" }',
      whole.replaceAll('"port"', '"prot"'),
      whole.replace('"host"', '"__proto__"'),
      'servers: { a: { host: "", port: 99999999, user: [], databases: 7 } }'
    ]
    for (const [index, text] of damaged.entries()) await expectRejected(context, { 'pgvitals.yaml': text }, `configuration ${index + 1}`)
  }),
  checked('damaged query files', 'each start ends with code 1 and a message without a stack', async (context) => {
    const whole = readFileSync(join(import.meta.dirname, '..', 'queries', 'database_size.sql'), 'utf8')
    const damaged = [
      whole.slice(0, 100),
      '',
      whole.replace('scope:', 'scoop:'),
      whole.replace(/interval: *\S+/, 'interval: never'),
      whole.replace('gauge', 'gauges'),
      `${whole}\u0000`.replace('scope', '\u0000scope'),
      '-- '.repeat(100_000)
    ]
    for (const [index, text] of damaged.entries()) await expectRejected(context, { 'mine.sql': text }, `query file ${index + 1}`)
  }),
  {
    name: 'pgvitals is stopped for 20 s (SIGSTOP), as on a paused machine',
    group: 'files',
    inject: async (context) => {
      const own = await startOwn(context)
      own.running.child.kill('SIGSTOP')
      await sleep(20_000)
      own.running.child.kill('SIGCONT')
      await sleep(2000)
      const { status, text, at } = await own.get('/metrics')
      const newest = Math.max(...[...text.matchAll(/^pgvitals_snapshot_timestamp_seconds\{.* (\S+)$/gm)].map(([, time]) => Number(time)))
      if (status !== 200 || at / 1000 - newest > 5)
        throw new Error(`status ${status}, newest sample ${(at / 1000 - newest).toFixed(1)} s old`)
    },
    truth: says('new samples within 2 s of its continuation', () => true)
  }
]

/** Starts pgvitals with these files in its folder of queries or as its configuration; throws unless it rejects them. */
async function expectRejected(context: Context, files: Readonly<Record<string, string>>, what: string): Promise<void> {
  const folder = join(context.world.folder, 'damaged')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder)
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  const config = 'pgvitals.yaml' in files ? join(folder, 'pgvitals.yaml') : context.world.configPath
  const process = runProcess({ PGVITALS_CONFIG: config, PGVITALS_PORT: '0', ...('mine.sql' in files && { PGVITALS_QUERIES_DIR: folder }) })
  context.undo(() => process.child.kill('SIGKILL'))
  const code = await endsWithin(30, process)
  const output = process.output()
  if (code !== 1 || /\n {4}at /.test(output)) throw new Error(`${what}: exit code ${code}: ${output.slice(0, 200)}`)
}

/** The command lines of all processes. */
function commandLines(): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
      } catch {
        return []
      }
    })
}
