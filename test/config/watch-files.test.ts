import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { test } from 'tap'
import { watchFiles } from '../../src/config/watch-files.ts'

test('a file that was changed, created or removed is reported once, and no other file', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'pgvitals-watch-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const at = (name: string) => join(folder, name)
  const reported: string[][] = []

  // Kubernetes mounts a secret as a link into a linked folder, and replaces only the link to the folder.
  for (const version of ['1', '2']) {
    mkdirSync(at(`..${version}`))
    writeFileSync(at(`..${version}/password`), version)
  }
  symlinkSync('..1', at('..data'))
  symlinkSync('..data/password', at('password'))
  for (const name of ['plain', 'other', 'gone']) writeFileSync(at(name), 'one')
  const files = ['password', 'plain', 'other', 'gone', 'later'].map(at)
  const watcher = watchFiles(files, (changed) => reported.push([...changed]), 20)
  t.teardown(() => watcher.stop())
  // The first states are read.
  await delay(20)

  const expectReport = async (what: string, change: () => void, ...names: readonly string[]) => {
    reported.length = 0
    change()
    while (reported.length === 0) await delay(10)
    // Several intervals, in which nothing more may be reported.
    await delay(100)
    t.same(reported, [names.map(at)], what)
  }
  await expectReport('written in place', () => writeFileSync(at('plain'), 'two'), 'plain')
  const replace = () => {
    writeFileSync(at('plain.new'), 'two')
    renameSync(at('plain.new'), at('plain'))
  }
  await expectReport('replaced by a file with the same content', replace, 'plain')
  const relink = () => {
    symlinkSync('..2', at('..data_tmp'))
    renameSync(at('..data_tmp'), at('..data'))
  }
  await expectReport('a link of its folder replaced', relink, 'password')
  await expectReport('removed', () => rmSync(at('gone')), 'gone')
  await expectReport('created', () => writeFileSync(at('later'), 'x'), 'later')
  const both = () => ['plain', 'other'].map((name) => writeFileSync(at(name), 'three'))
  await expectReport('two files at a time', both, 'plain', 'other')

  watcher.setFiles([at('plain')])
  writeFileSync(at('other'), 'four')
  await expectReport('a file that was removed from the list is not reported', () => writeFileSync(at('plain'), 'four'), 'plain')
})
