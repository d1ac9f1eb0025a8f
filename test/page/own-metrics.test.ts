import { test } from 'tap'
import { createOwnMetrics } from '../../src/page/own-metrics.ts'

test('the metrics of the process are sampled every 5 s at most, and served for 15 s', async (t) => {
  let reads = 0
  const read = createOwnMetrics({ samples: () => [], processText: async () => `process_x ${++reads}\n` })
  const at = async (now: number) => {
    const { process, processFreshUntil } = await read(now)
    return [String(process), processFreshUntil]
  }
  t.same(await at(0), ['process_x 1\n', 15_000])
  t.same(await at(4999), ['process_x 1\n', 15_000])
  t.same(await at(5000), ['process_x 2\n', 20_000])
})
