import { test } from 'tap'
import { runInSlices } from '../../src/poll/run-in-slices.ts'

test('the first slice runs synchronously, and each other one in a turn of its own', async (t) => {
  let now = 0
  const done: number[] = []
  const turns: (readonly number[])[] = []
  const steps = [0, 1, 2, 3, 4, 5].map((number) => () => {
    now += 11
    done.push(number)
  })
  const all = runInSlices(steps, { now: () => now })
  for (let isEnded = false; !isEnded; ) {
    turns.push(done.splice(0))
    await Promise.race([all.then(() => (isEnded = true)), new Promise((resolve) => setImmediate(resolve))])
  }
  turns.push(done)
  t.same(
    turns.filter(({ length }) => length > 0),
    [
      [0, 1],
      [2, 3],
      [4, 5]
    ]
  )
})

test('a slice that was cancelled does not run', async (t) => {
  let now = 0
  const done: number[] = []
  const steps = [0, 1, 2].map((number) => () => {
    now += 21
    done.push(number)
  })
  await runInSlices(steps, { now: () => now }, () => done.length === 2)
  t.same(done, [0, 1])
})
