import { test } from 'tap'
import { createProcessSampler } from '../../src/page/process-sampler.ts'

test('the metrics of the process are sampled every 5 s at most, and served for 15 s', async (t) => {
  let reads = 0
  const sample = createProcessSampler(async () => `process_x ${++reads}\n`)
  const at = async (now: number) => {
    const { text, freshUntil } = await sample(now)
    return [String(text), freshUntil]
  }
  t.same(await at(0), ['process_x 1\n', 15_000])
  t.same(await at(4999), ['process_x 1\n', 15_000])
  t.same(await at(5000), ['process_x 2\n', 20_000])
})

test('after a failure the next request samples again', async (t) => {
  let reads = 0
  const sample = createProcessSampler(async () => {
    if (++reads === 1) throw new Error('no file descriptors')
    return `process_x ${reads}\n`
  })
  await t.rejects(sample(0), { message: 'no file descriptors' })
  t.equal(String((await sample(1)).text), 'process_x 2\n')
})
