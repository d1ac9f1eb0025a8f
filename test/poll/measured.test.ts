import { test } from 'tap'
import { Measured } from '../../src/poll/measured.ts'

test('the first time does not count, of the last two the shorter does', async (t) => {
  const measured = new Measured()
  t.equal(measured.take('q', 5), 0.002)
  t.equal(measured.take('q', 5), 0.002, 'nothing was asked since')
  t.equal(measured.take('q', 0.2), 0.2)
  t.equal(measured.take('q', 3), 0.2, 'a spike is not believed')
  t.equal(measured.take('q', 4), 3, 'twice is no spike')
  t.equal(measured.take('q', 0.1), 0.1)
  t.equal(measured.take('other', 1), 0.002)
})
