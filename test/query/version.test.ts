import { test } from 'tap'
import { compareVersions, parseVersion } from '../../src/query/version.ts'

test('versions compare number by number', async (t) => {
  t.same(parseVersion('18.4 (Debian 18.4-1)'), [18, 4])
  t.same(parseVersion('devel'), [])
  t.ok(compareVersions([1, 9], [1, 11]) < 0)
  t.ok(compareVersions([2], [1, 11]) > 0)
  t.equal(compareVersions([1, 0], [1]), 0)
})
