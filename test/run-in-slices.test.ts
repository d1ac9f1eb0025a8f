import { test } from 'tap'
import { runAtOnce, runInSlices } from '../src/run-in-slices.ts'

test('the first slice runs synchronously, and each other one in a turn of its own', async (t) => {
  let now = 0
  const done: number[] = []
  const turns: (readonly number[])[] = []
  function* work() {
    for (const number of [0, 1, 2, 3, 4, 5]) {
      now += 6
      done.push(number)
      yield
    }
    return 'result'
  }
  const all = runInSlices(work(), { now: () => now })
  for (let isEnded = false; !isEnded; ) {
    turns.push(done.splice(0))
    await Promise.race([all.then(() => (isEnded = true)), new Promise((resolve) => setImmediate(resolve))])
  }
  turns.push(done)
  t.equal(await all, 'result')
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
  function* work() {
    for (const number of [0, 1, 2]) {
      now += 21
      done.push(number)
      yield
    }
    return 'result'
  }
  t.equal(await runInSlices(work(), { now: () => now }, () => done.length === 2), undefined)
  t.same(done, [0, 1])
  t.equal(runAtOnce(work()), 'result')
})

test('several works alternate, with one slice in each turn', async (t) => {
  let now = 0
  let done = ''
  function* work(name: string) {
    for (let step = 0; step < 3; step++) {
      now += 11
      done += name
      yield
    }
  }
  const all = Promise.all(['a', 'b', 'c'].map((name) => runInSlices(work(name), { now: () => now })))
  const turns = [done]
  for (let isEnded = false; !isEnded; ) {
    done = ''
    await Promise.race([all.then(() => (isEnded = true)), new Promise((resolve) => setImmediate(resolve))])
    if (done !== '') turns.push(done)
  }
  t.same(turns, ['abc', 'a', 'b', 'c', 'a', 'b', 'c'])
})

test('a work can end its slice', async (t) => {
  let done = 0
  function* work() {
    for (; done < 3; done++) yield 'end of slice' as const
  }
  const all = runInSlices(work(), { now: () => 0 })
  t.equal(done, 0)
  await new Promise((resolve) => setImmediate(resolve))
  t.equal(done, 1, 'although no time has passed')
  await all
  t.equal(done, 3)
})
