import { statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { test } from 'tap'
import { readDiskSize } from '../../src/server/disk.ts'

test('the size of a file system is read in bytes, and an error is thrown', async (t) => {
  const { bsize, blocks } = await statfs(tmpdir())
  const { totalBytes, freeBytes } = await readDiskSize(tmpdir())
  t.equal(totalBytes, bsize * blocks)
  t.ok(freeBytes >= 0 && freeBytes <= totalBytes)
  await t.rejects(readDiskSize('/nowhere'), { code: 'ENOENT' })
})
