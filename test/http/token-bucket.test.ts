import { test } from 'tap'
import { createTokenBucket, type RateLimit } from '../../src/http/token-bucket.ts'

test('a burst is allowed, then one request per interval', async (t) => {
  let now = 0
  let limit: RateLimit | undefined = { intervalSeconds: 2, burst: 3 }
  const take = createTokenBucket(() => limit, { now: () => now })
  const takeFour = () => [take(), take(), take(), take()]
  t.same(takeFour(), [true, true, true, false])
  now = 1999
  t.equal(take(), false)
  now = 2000
  t.same([take(), take()], [true, false])
  now = 3_600_000
  t.same(takeFour(), [true, true, true, false], 'no more than the burst is saved')
  limit = undefined
  t.same(takeFour(), [true, true, true, true])
})
