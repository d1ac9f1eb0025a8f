import { test } from 'tap'
import { UnixTime } from '../../src/page/unix-time.ts'

test('the Unix time of a snapshot is stable, and follows steps of the wall clock', async (t) => {
  let wall = 1_000_000
  const time = new UnixTime({ now: () => wall })
  t.equal(time.offsetMs(1000), 999_000)
  wall += 10_000
  t.equal(time.offsetMs(11_003), 999_000, 'a few milliseconds between reading both clocks')
  wall += 500
  t.equal(time.offsetMs(11_000), 999_000)
  wall += 3_600_000
  t.equal(time.offsetMs(11_000), 4_599_500, 'a step forwards')
  wall -= 7_200_000
  t.equal(time.offsetMs(11_000), -2_600_500, 'a step backwards')
})
