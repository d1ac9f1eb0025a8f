import { execFileSync, spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Test, test } from 'tap'
import { onlyEverySecond, until } from './exporter/run-exporter.ts'
import { type RunningProcess, runProcess, runWithResolver, scrape } from './exporter/run-process.ts'
import { ageOf, allOf, sampleValue } from './page/parse-page.ts'
import { sharedServer } from './servers/shared-server.ts'
import { freePort } from './servers/start-server.ts'

const some = onlyEverySecond('stat_user_tables')

function makeFolder(t: Test) {
  const folder = mkdtempSync(join(tmpdir(), 'pgvitals-ends-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const write = (name: string, text: string) => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  return { write, at: (name: string) => join(folder, name) }
}

/** A server that accepts connections and never answers. */
async function startSilentServer(t: Test): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => sockets.add(socket.on('error', () => {})))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** Ends a process with a signal. Returns how it ended, and fails if it takes longer than five seconds. */
async function end(process: RunningProcess, signal: NodeJS.Signals): Promise<number | string> {
  process.child.kill(signal)
  const timer = setTimeout(() => process.child.kill('SIGKILL'), 5000)
  const outcome = await process.ended
  clearTimeout(timer)
  return outcome
}

/** Whether a process exists and was not killed. */
function isRunning(pid: string): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

/** A module that is loaded before pgvitals: a thread of Node.js hangs, as with a file system or a resolver that does not respond. */
function hangingThread(path: string): string {
  execFileSync('mkfifo', [path])
  return `import { open } from 'node:fs/promises'\nvoid open(${JSON.stringify(path)}, 'r')\n`
}

test('SIGTERM ends the process within 5 s, while a thread, a login, a TLS handshake, a password command and a client hang', async (t) => {
  const { write, at } = makeFolder(t)
  const [login, handshake, commanded, port] = [
    await startSilentServer(t),
    await startSilentServer(t),
    await startSilentServer(t),
    await freePort()
  ]
  const command = ['sh', '-c', `trap "" TERM; sh -c 'trap "" TERM; echo $$ >> ${at('pids')}; sleep 60' & sleep 60`]
  const base = { host: '127.0.0.1', user: 'u', databases: { a: {} } }
  const servers = {
    login: { ...base, port: login, password: 'p' },
    handshake: { ...base, port: handshake, password: 'p', tls: { mode: 'require' } },
    commanded: { ...base, port: commanded, password: { command } }
  }
  write('pgvitals.yaml', JSON.stringify({ servers }))
  const preload = write('hang.mjs', hangingThread(at('pipe')))
  const pgvitals = runProcess({ PGVITALS_CONFIG: at('pgvitals.yaml'), PGVITALS_PORT: String(port), NODE_OPTIONS: `--import=${preload}` })
  t.teardown(() => pgvitals.child.kill('SIGKILL'))
  write('pids', '')
  await until('the command runs', 20, () => readFileSync(at('pids'), 'utf8') !== '')
  await until('the page is served', 20, async () => (await scrape(port)).length > 0)
  const client = connect(port, '127.0.0.1').on('error', () => {})
  client.write('GET /metrics HTTP/1.1\r\nhost: x\r\n')
  t.teardown(() => client.destroy())

  t.equal(await end(pgvitals, 'SIGTERM'), 'SIGTERM', 'as if there were no handler: the exit code would wait for the thread')
  t.match(pgvitals.output(), /"stopping on SIGTERM"/)
  const pids = readFileSync(at('pids'), 'utf8').trim().split('\n')
  await until('no process of the command is left', 5, () => !pids.some(isRunning))
})

const mayMount = process.platform === 'linux' && spawnSync('unshare', ['--mount', 'true']).status === 0

test('SIGTERM ends the process within 5 s while the name server does not respond', { skip: !mayMount && 'needs unshare' }, async (t) => {
  const { write } = makeFolder(t)
  const address = '127.0.0.54'
  const nameServer = createSocket('udp4').bind(53, address)
  t.teardown(() => nameServer.close())
  const asked = once(nameServer, 'message')
  const configuration = write('resolv.conf', `nameserver ${address}\noptions timeout:30 attempts:1\n`)
  const program = runWithResolver({ DATABASE_URL: 'postgresql://u:p@db.example.org/d', PGVITALS_PORT: '0' }, configuration)
  t.teardown(() => program.child.kill('SIGKILL'))
  await asked
  await until('it serves', 20, () => program.output().includes('/metrics'))
  t.equal(await end(program, 'SIGTERM'), 'SIGTERM')
})

test('once and doctor end by the signal of Ctrl-C, with the processes of their password commands', async (t) => {
  const { write, at } = makeFolder(t)
  const command = ['sh', '-c', `trap "" INT TERM; sh -c 'trap "" INT TERM; echo $$ >> ${at('pids')}; sleep 60' & sleep 60`]
  write(
    'pgvitals.yaml',
    JSON.stringify({ servers: { s: { host: '127.0.0.1', port: 1, user: 'u', password: { command }, databases: { a: {} } } } })
  )
  for (const name of ['once', 'doctor']) {
    write('pids', '')
    const run = runProcess({ PGVITALS_CONFIG: at('pgvitals.yaml') }, name)
    await until('the command runs', 20, () => readFileSync(at('pids'), 'utf8') !== '')
    t.equal(await end(run, 'SIGINT'), 'SIGINT', name)
    const pids = readFileSync(at('pids'), 'utf8').trim().split('\n')
    await until('no process of the command is left', 5, () => !pids.some(isRunning))
  }
})

test('a programming error ends the process with one line and exit code 1, before it listens and while polls hang', async (t) => {
  const { write } = makeFolder(t)
  const silent = await startSilentServer(t)
  const environment = { DATABASE_URL: `postgresql://u:p@127.0.0.1:${silent}/d` }
  const errors = {
    'an exception while polls hang': `process.on('SIGWINCH', () => { null.x })`,
    'a rejected promise while polls hang': `process.on('SIGWINCH', () => Promise.reject(new RangeError('a bug')))`,
    'a rejection that is no error': `process.on('SIGWINCH', () => Promise.reject('a bug'))`,
    'an exception before it listens': `process.on('newListener', (name) => { if (name === 'SIGHUP') null.x })`
  }
  await Promise.all(
    Object.entries(errors).map(async ([name, code], index) => {
      const preload = write(`${index}.mjs`, code)
      const pgvitals = runProcess({ ...environment, PGVITALS_PORT: '0', NODE_OPTIONS: `--import=${preload}` })
      const isLate = code.includes('SIGWINCH')
      if (isLate) await until('it serves', 40, () => pgvitals.output().includes('/metrics'))
      t.equal(await (isLate ? end(pgvitals, 'SIGWINCH') : pgvitals.ended), 1, name)
      const fatal = pgvitals
        .output()
        .split('\n')
        .filter((line) => /"level":"fatal"|programming error/.test(line))
      t.equal(fatal.length, 1, `${name}: ${pgvitals.output()}`)
      t.match(fatal[0], /programming error: .*(a bug|null)/, name)
    })
  )
})

test('a secret file that is replaced by something else affects only its database, and SIGTERM ends the process', async (t) => {
  const server = await sharedServer()
  const { write, at } = makeFolder(t)
  const port = await freePort()
  const broken = `ends${process.pid}`
  await server.sql('postgres', `create database ${broken}`)
  write('password', 'secret\n')
  const databases = { postgres: {}, [broken]: { password: { file: 'password' } } }
  const main = { host: '127.0.0.1', port: server.port, user: 'postgres', password: 'secret', databases }
  write('pgvitals.yaml', JSON.stringify({ servers: { main } }))
  const pgvitals = runProcess({ PGVITALS_CONFIG: at('pgvitals.yaml'), PGVITALS_PORT: String(port), PGVITALS_QUERIES: some })
  t.teardown(() => pgvitals.child.kill('SIGKILL'))
  const page = () => scrape(port)
  await until('it is served', 20, async () => allOf(await page(), 'pg_database_up').filter(({ value }) => value === 1).length === 2)

  rmSync(at('password'))
  execFileSync('mkfifo', [at('password')])
  await until('the new configuration is rejected', 20, async () => sampleValue(await page(), 'pgvitals_config_reload_success') === 0)
  t.match(pgvitals.output(), /databases\.ends\d+\.password\.file: cannot read the file: it is a named pipe, not a regular file/)
  const isFresh = async () =>
    allOf(await page(), 'pgvitals_snapshot_timestamp_seconds', { datname: 'postgres' }).every((sample) => ageOf(sample) < 5)
  t.ok(await isFresh(), 'the other server is polled')

  rmSync(at('pgvitals.yaml'))
  execFileSync('mkfifo', [at('pgvitals.yaml')])
  await until('the configuration file is rejected too', 20, () =>
    /pgvitals\.yaml: cannot be read: it is a named pipe/.test(pgvitals.output())
  )
  t.ok(await isFresh())
  t.equal(await end(pgvitals, 'SIGTERM'), 0)
})

test('a file that is not a regular file prevents the start, with an error that contains its name', async (t) => {
  const { at } = makeFolder(t)
  execFileSync('mkfifo', [at('pipe')])
  const url = 'postgresql://u:p@127.0.0.1:1/d'
  const cases: readonly (readonly [Readonly<Record<string, string>>, RegExp])[] = [
    [{ PGVITALS_CONFIG: at('pipe') }, /pipe: cannot be read: it is a named pipe, not a regular file/],
    [{ DATABASE_URL: `${url}?sslrootcert=${at('pipe')}&sslmode=verify-full` }, /sslrootcert: cannot read the file: it is a named pipe/],
    [{ DATABASE_URL: `postgresql://u@h/d?passfile=${at('pipe')}` }, /passfile: cannot read the file: it is a named pipe/],
    [{ DATABASE_URL: `${url}?sslrootcert=/dev/zero` }, /sslrootcert: cannot read the file: it is a device/],
    [{ DATABASE_URL: url, PGVITALS_QUERIES_DIR: at('pipe') }, /cannot read the folder of queries: ENOTDIR/]
  ]
  await Promise.all(
    cases.map(async ([environment, expected]) => {
      const run = runProcess(environment, 'once')
      t.equal(await run.ended, 1)
      t.match(run.output(), expected)
    })
  )
})
