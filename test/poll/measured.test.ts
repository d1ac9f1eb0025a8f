import { test } from 'tap'
import { Measured } from '../../src/poll/measured.ts'

test('the first time does not count, of the last five the shortest does', async (t) => {
  const measured = new Measured()
  t.equal(measured.take('q', 5), 0.002)
  t.equal(measured.take('q', 5), 0.002, 'nothing was asked since')
  t.equal(measured.take('q', 0.2), 0.2)
  t.equal(measured.take('q', 3), 0.2, 'a spike is not believed')
  for (const time of [4, 5, 6]) t.equal(measured.take('q', time), 0.2)
  t.equal(measured.take('q', 7), 3, 'what lasts is believed')
  t.equal(measured.take('q', 0.1), 0.1)
  t.equal(measured.take('other', 1), 0.002)
})
