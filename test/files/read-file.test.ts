import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Test, test } from 'tap'
import { callFileSystem } from '../../src/files/call-file-system.ts'
import { type Files, withFiles } from '../../src/files/files.ts'
import { listFolder, readTextFile } from '../../src/files/read-file.ts'

function makeFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'pgvitals-files-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

function makePipe(path: string): string {
  execFileSync('mkfifo', [path])
  return path
}

test('a regular file is read as a whole, also through links and from /proc', async (t) => {
  const folder = makeFolder(t)
  const at = (name: string) => join(folder, name)
  writeFileSync(at('text'), 'ä\r\n')
  symlinkSync('text', at('link'))
  symlinkSync('link', at('link of a link'))
  t.equal(await readTextFile(at('link of a link')), 'ä\r\n')
  for (const length of [0, 1, 1022, 1023, 1024, 5000]) {
    writeFileSync(at('text'), 'x'.repeat(length))
    t.equal((await readTextFile(at('text'), 5000)).length, length)
  }
  t.match(await readTextFile('/proc/self/status'), 'Name:', 'its size is 0')
  t.same(await listFolder(folder), ['link', 'link of a link', 'text'])
})

test('a file that is not regular or too large is an error that contains the reason and not the path', async (t) => {
  const folder = makeFolder(t)
  const at = (name: string) => join(folder, name)
  const socket = createServer().listen(at('socket'))
  await once(socket, 'listening')
  t.teardown(() => socket.close())
  makePipe(at('pipe'))
  symlinkSync('pipe', at('link'))
  writeFileSync(at('sparse'), '')
  truncateSync(at('sparse'), 10 * 1024 ** 3)
  writeFileSync(at('large'), 'x'.repeat(1025))
  const cases = [
    [at('pipe'), /^it is a named pipe, not a regular file$/],
    [at('link'), /^it is a named pipe, not a regular file$/],
    [at('socket'), /^it is a socket, not a regular file$/],
    [folder, /^it is a directory, not a file$/],
    ['/dev/zero', /^it is a device, not a regular file$/],
    [at('sparse'), /^it is larger than 0.0009765625 MiB$/],
    [at('large'), /^it is larger than/],
    [at('none'), /^ENOENT: no such file or directory$/],
    [join(at('large'), 'none'), /^ENOTDIR: not a directory$/],
    [`${at('nul')}\0`, /^The argument 'path' must be/]
  ] as const
  for (const [path, message] of cases) await t.rejects(readTextFile(path, 1024), { message }, String(message))
  await t.rejects(readTextFile(at('none')), { message: /./, isMissing: true })
  await t.rejects(readTextFile(at('pipe')), { message: /./, isMissing: false })
})

test('a file that grows while it is read is limited too', async (t) => {
  const file = join(makeFolder(t), 'grows')
  writeFileSync(file, '')
  const writer = spawn('sh', ['-c', `while :; do printf %01000d 0; done > '${file}'`])
  t.teardown(() => writer.kill('SIGKILL'))
  await t.rejects(
    async () => {
      for (;;) await readTextFile(file, 100_000)
    },
    { message: /^it is larger than/ }
  )
})

test('a call that hangs fails at its deadline, then others of its folder fail at once, and other folders are read', async (t) => {
  const [hung, other] = [makeFolder(t), makeFolder(t)]
  const pipe = makePipe(join(hung, 'pipe'))
  for (const folder of [hung, other]) writeFileSync(join(folder, 'text'), 'text')
  // Opening a named pipe waits for its other end: a thread hangs, as with a network file system.
  const hang = (path: string) => callFileSystem(path, async () => (await open(path, 'r')).close(), 50)
  const release = (path: string) => writeFileSync(path, '')

  await t.rejects(hang(pipe), { message: 'the file system did not respond within 0.05 s', isMissing: false })
  await t.rejects(readTextFile(join(hung, 'text')), { message: /^the file system does not respond/ })
  t.equal(await readTextFile(join(other, 'text')), 'text')

  const second = makePipe(join(other, 'pipe'))
  const waits = hang(second)
  const behind = t.rejects(readTextFile(join(tmpdir(), 'third')), { message: /^the file system does not respond/ }, 'no call is left')
  await t.rejects(waits)
  await behind
  await t.rejects(readTextFile(join(tmpdir(), 'third')), { message: /^the file system does not respond/ })

  release(pipe)
  release(second)
  while ((await readTextFile(join(hung, 'text')).catch(() => '')) === '') await new Promise(setImmediate)
  while ((await readTextFile(join(other, 'text')).catch(() => '')) === '') await new Promise(setImmediate)
  t.pass('after the calls have returned, all files are read again')
})

test('many concurrent reads succeed', async (t) => {
  const folder = makeFolder(t)
  const files = Array.from({ length: 100 }, (_, index) => join(folder, String(index)))
  for (const [index, file] of files.entries()) writeFileSync(file, String(index))
  t.same(await Promise.all(files.map((file) => readTextFile(file))), [...files.keys()].map(String))
})

test('a function of files runs until all of its files were read, each once', async (t) => {
  const folder = makeFolder(t)
  const at = (name: string) => join(folder, name)
  mkdirSync(at('folder'))
  writeFileSync(at('first'), 'second')
  writeFileSync(at('second'), 'two')
  writeFileSync(join(at('folder'), 'a'), '')
  let runs = 0
  const follow = ({ text, list }: Files) => {
    runs++
    appendFileSync(at('first'), '!')
    const [name = ''] = text(at('first')).split('!')
    return [name, text(at(name)), ...list(at('folder'))]
  }
  t.same(await withFiles(follow), ['second', 'two', 'a'])
  t.equal(runs, 4)
  await t.rejects(
    withFiles(({ text }) => text(at('none'))),
    { message: /./, isMissing: true }
  )
  await t.rejects(
    withFiles(({ text }) => {
      text(at('second'))
      throw new TypeError('a bug')
    }),
    TypeError
  )
  t.same(
    await withFiles(({ text }) => {
      const reasons = ['none', 'folder'].map((name) => {
        try {
          return text(at(name))
        } catch (error) {
          return (error as Error).message
        }
      })
      return reasons
    }),
    ['ENOENT: no such file or directory', 'it is a directory, not a file']
  )
})
