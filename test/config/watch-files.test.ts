import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'tap'
import { watchFiles } from '../../src/config/watch-files.ts'
import { until } from '../exporter/run-exporter.ts'

test('a file that changes by whatever way is told, once, and others are not', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'pgvitals-watch-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const at = (name: string) => join(folder, name)
  const told: string[][] = []
  const watch = watchFiles((files) => told.push([...files]), 20)
  t.teardown(() => watch.stop())

  // As Kubernetes mounts a secret: the file is a link to a link to a folder, and only that one is replaced.
  for (const version of ['1', '2']) {
    mkdirSync(at(`..${version}`))
    writeFileSync(at(`..${version}/password`), version)
  }
  symlinkSync('..1', at('..data'))
  symlinkSync('..data/password', at('password'))
  for (const name of ['plain', 'other', 'gone']) writeFileSync(at(name), 'one')
  watch.watch(['password', 'plain', 'other', 'gone', 'later'].map(at))

  const expectTold = async (what: string, change: () => void, ...files: readonly string[]) => {
    told.length = 0
    change()
    await until(what, 5, () => told.length > 0)
    await new Promise((resolve) => setTimeout(resolve, 100))
    t.same(told, [files.map(at)], what)
  }
  await expectTold('written in place', () => writeFileSync(at('plain'), 'two'), 'plain')
  const replace = () => {
    writeFileSync(at('plain.new'), 'two')
    renameSync(at('plain.new'), at('plain'))
  }
  await expectTold('replaced by one of the same content', replace, 'plain')
  const relink = () => {
    symlinkSync('..2', at('..data_tmp'))
    renameSync(at('..data_tmp'), at('..data'))
  }
  await expectTold('a link above it replaced', relink, 'password')
  await expectTold('removed', () => rmSync(at('gone')), 'gone')
  await expectTold('there at last', () => writeFileSync(at('later'), 'x'), 'later')
  const both = () => ['plain', 'other'].map((name) => writeFileSync(at(name), 'three'))
  await expectTold('two at a time', both, 'plain', 'other')

  watch.watch([at('plain')])
  writeFileSync(at('other'), 'four')
  await expectTold('what is no longer watched is not told', () => writeFileSync(at('plain'), 'four'), 'plain')
})
