import { test } from 'tap'
import { newSeries, type TrackedRow } from '../../src/metric/series.ts'
import { Watching } from '../../src/metric/watching.ts'

const labels = { datnameOf: () => '', isOther: () => false }
const newRow = (): TrackedRow => ({ text: '', fingerprint: '', series: newSeries('', labels, []), seenAt: 1, isSum: false })

test('a row has moved when its fingerprint is another, and is asked for by a part of its key', async (t) => {
  const watching = new Watching()
  const [a, b] = [newRow(), newRow()]
  watching.keep(a, '11')
  watching.keep(b, '-12')
  t.same(watching.compare('11 1\n-12 2\n'), { moved: [], unmoved: [a, b] })
  t.same(watching.compare('11 1\n13 2\n14 2\n15 3\n'), { moved: ['2', '3'], unmoved: [a] })
  t.same(watching.compare(''), { moved: [], unmoved: [] })
  watching.keep(b, '13')
  t.same(watching.compare('11 1\n-12 2\n'), { moved: ['2'], unmoved: [a] }, 'of what it was nothing is known')
  watching.keep(a, '13')
  watching.keep(b, '')
  t.same(watching.compare('13 1\n').unmoved, [a], 'what is gone takes nothing along that is another row')
})

test('what must not be shown is not asked for again before all is read', async (t) => {
  const watching = new Watching()
  watching.hide(['21'], true)
  watching.hide(['22'], false)
  t.same(watching.compare('21 1\n22 2\n23 3\n').moved, ['3'])
  watching.hide([], true)
  t.same(watching.compare('21 1\n').moved, ['1'])
})

test('it is worth while until many rows move, something fails, or twenty polls have gone by', async (t) => {
  const watching = new Watching()
  t.notOk(watching.isWorthwhile)
  watching.polled(10, 100)
  t.ok(watching.isWorthwhile)
  watching.polled(40, 100)
  t.notOk(watching.isWorthwhile)
  let polls = 0
  for (watching.polled(0, 100); watching.isWorthwhile; polls++) watching.polled(0, 100)
  t.equal(polls, 20)
  watching.polled(0, 100)
  watching.stop()
  t.notOk(watching.isWorthwhile)
})
