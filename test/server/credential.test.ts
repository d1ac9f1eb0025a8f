import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Test, test } from 'tap'
import { readSecret } from '../../src/server/credential.ts'
import { classOf } from '../../src/server/error-class.ts'
import { readPassword } from '../../src/server/password.ts'
import type { Connection } from '../../src/server/server.ts'
import { openSession } from '../../src/server/session.ts'
import { until } from '../exporter/run-exporter.ts'
import { startServer } from '../servers/start-server.ts'

function makeFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'pgvitals-secret-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  return folder
}

const tls = { mode: 'prefer', ca: undefined, cert: undefined, key: undefined } as const
const connection: Connection = { host: 'h', port: 5432, user: 'u', password: undefined, database: 'd', tls }

test('a secret is read from text, a file or a command, without the trailing line break', async (t) => {
  const file = join(makeFolder(t), 'secret')
  writeFileSync(file, ' a b\r\n')
  t.equal(await readSecret('plain\n'), 'plain\n')
  t.equal(await readSecret({ file }), ' a b')
  t.equal(await readSecret({ command: ['printf', '%s\\n\\n', 'a:$HOME'] }), 'a:$HOME', 'without a shell')
  t.equal(
    await readSecret({ command: ['cat'] }).catch(({ message }) => message),
    "running the secret's command cat failed: it is empty",
    'stdin is closed'
  )
})

test('a secret that cannot be read is an auth error that names the source and no content', async (t) => {
  const folder = makeFolder(t)
  const empty = join(folder, 'empty')
  writeFileSync(empty, '\n')
  const cases = [
    [{ file: join(folder, 'none') }, /^reading the secret from file .*\/none failed: ENOENT: no such file or directory$/],
    [{ file: empty }, /^reading the secret from file .*\/empty failed: it is empty$/],
    [{ command: ['/nowhere/token', 'geheim'] }, /^running the secret's command \/nowhere\/token failed: ENOENT$/],
    [{ command: ['sh', '-c', 'echo geheim; echo geheim >&2; exit 3'] }, /^running the secret's command sh failed: exit code 3$/],
    [{ command: ['sh', '-c', 'kill -TERM $$'] }, /^running the secret's command sh failed: SIGTERM$/],
    [{ command: ['true'] }, /^running the secret's command true failed: it is empty$/],
    [{ command: ['cat', 'geheim\0'] }, /^running the secret's command cat failed: ERR_INVALID_ARG_VALUE$/],
    [{ command: ['cat', '/dev/zero'] }, /^running the secret's command cat failed: the output is larger than 1 MiB$/],
    // The grandchild keeps the output open beyond the timeout.
    [{ command: ['sh', '-c', 'sleep 5 & sleep 5'] }, /^running the secret's command sh failed: no output within 1 s$/]
  ] as const
  for (const [secret, expected] of cases) {
    const error: Error = await readSecret(secret, 1).then(
      () => new Error('nothing'),
      (reason) => reason
    )
    t.match(error.message, expected)
    t.equal(classOf(error), 'auth')
    t.notMatch(JSON.stringify(error, Object.getOwnPropertyNames(error)), /geheim/)
  }
})

test('the processes of a command end with it, or at its deadline', async (t) => {
  const pids = join(makeFolder(t), 'pids')
  /** A process that ignores SIGTERM, in the background or not, and keeps the output open or not. */
  const child = (after: string) => `sh -c 'trap "" TERM; echo $$ >> ${pids}; while :; do sleep 1; done' ${after}`
  const isRunning = (pid: string) => {
    try {
      // A killed process exists until its parent has read its status.
      return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
    } catch {
      return false
    }
  }
  const commands = [
    `${child('&')} ${child('')}`,
    `${child('&')} echo secret`,
    `${child('> /dev/null &')} while [ ! -s ${pids} ]; do sleep 0.01; done; echo secret`,
    `${child('> /dev/null &')} while [ ! -s ${pids} ]; do sleep 0.01; done; exit 3`
  ]
  const outcomes: string[] = []
  for (const command of commands) {
    writeFileSync(pids, '')
    outcomes.push(await readSecret({ command: ['sh', '-c', command] }, 1).catch(({ message }) => message.split('failed: ')[1]))
    const started = readFileSync(pids, 'utf8').trim().split('\n')
    t.ok(Number(started[0]) > 0, 'a child was started')
    await until('no process is left', 5, () => !started.some(isRunning))
  }
  t.same(outcomes, ['no output within 1 s', 'no output within 1 s', 'secret', 'exit code 3'])
})

test('the password file is read like libpq reads it', async (t) => {
  const pgpass = join(makeFolder(t), 'pgpass')
  const find = (text: string, more: Partial<Connection> = {}, mode = 0o600) => {
    writeFileSync(pgpass, text)
    chmodSync(pgpass, mode)
    return readPassword({ ...connection, password: { pgpass }, ...more })
  }
  t.equal(
    await find('# h:5432:d:u:no\nx:5432:d:u:no\nh:5433:d:u:no\nh:5432:e:u:no\nh:5432:d:v:no\nh:5432:d:u:yes\nh:5432:d:u:late\n'),
    'yes'
  )
  t.equal(await find('*:*:*:*:any'), 'any')
  t.equal(await find('h:5432:d:u:a\\:b\\\\c'), 'a:b\\c')
  t.equal(await find('h\\:1:5432:d:u:p', { host: 'h:1' }), 'p')
  t.equal(await find('localhost:5432:d:u:p', { host: '/var/run/postgresql' }), 'p', 'a socket is localhost')
  t.equal(await find('h:5432:d:u'), undefined, 'too few fields')
  t.equal(await find('h:5432:d:u:'), undefined)
  t.equal(await find('h:5432:d:u:p', {}, 0o640), undefined, 'a file that others may read is ignored')
  t.equal(await readPassword({ ...connection, password: { pgpass: '/nowhere' } }), undefined)
})

test('every connection reads its password once', async (t) => {
  const server = await startServer()
  t.teardown(() => server.remove())
  const folder = makeFolder(t)
  const [count, pgpass] = [join(folder, 'count'), join(folder, 'pgpass')]
  const to: Connection = { host: '127.0.0.1', port: server.port, user: 'postgres', password: undefined, database: 'postgres', tls }
  const connect = async (password: Connection['password'], host = to.host) => {
    const session = await openSession({ ...to, host, password })
    await session.close()
  }

  const command = ['sh', '-c', `echo once >> '${count}'; echo secret`]
  await connect({ command })
  t.equal(await readSecret({ file: count }), 'once', 'although prefer tried with and without TLS')
  await connect({ command })
  t.equal(await readSecret({ file: count }), 'once\nonce')

  writeFileSync(pgpass, `127.0.0.1:${server.port}:*:postgres:secret\n`, { mode: 0o600 })
  await connect({ pgpass })
  writeFileSync(pgpass, `localhost:${server.port}:*:postgres:secret\n`)
  await connect({ pgpass }, server.dataDirectory)
  writeFileSync(pgpass, 'elsewhere:*:*:*:secret\n')
  const expected = {
    errorClass: 'auth',
    message: `the server requests a password for role postgres in database postgres; none is configured, and the password file (PGPASSFILE or ~/.pgpass, mode 0600) has no matching line`
  }
  await t.rejects(connect({ pgpass }), expected)
  await t.rejects(connect(undefined), { errorClass: 'auth', message: /none is configured$/ })
  // pg must not read PGPASSWORD by itself; src/config does.
  process.env.PGPASSWORD = 'secret'
  t.teardown(() => delete process.env.PGPASSWORD)
  await t.rejects(connect(undefined), { message: /none is configured/ })
})
