import { test } from 'tap'
import type { TrackedRow } from '../../src/metric/series.ts'
import { newSeries } from '../../src/metric/series.ts'
import { Watching } from '../../src/metric/watching.ts'

const watch = { columns: ['calls_total', 'plans_total', 'seconds_total'], by: 'statement' }

const known = new Map<string, TrackedRow>(
  Object.entries({ '(10,5,1,t)': '(7,,0.5,9)', '(10,5,2,t)': '(7,3,0.5,9)' }).map(([key, text]) => [
    key,
    { text, series: newSeries(key, 'd', []), seenAt: 1, isSum: false }
  ])
)

const watching = new Watching((key) => known.get(key))
const movedAmong = (...texts: string[]) =>
  watching.compare(
    texts.map((text) => [text]),
    watch
  ).movedKeys

test('a row has moved when any watched value is another, or when it is not known', async (t) => {
  t.same(movedAmong('(10,5,1,t,7,,0.5)', '(10,5,2,t,7,3,0.5)'), [])
  t.same(movedAmong('(10,5,1,t,8,,0.5)'), ['(10,5,1,t)'])
  t.same(movedAmong('(10,5,1,t,7,1,0.5)'), ['(10,5,1,t)'])
  t.same(movedAmong('(10,5,1,t,7,,0.25)'), ['(10,5,1,t)'], 'one that began anew and was called as often')
  t.same(movedAmong('(10,5,1,t,7,,0.50)', '(10,5,2,t,7,3,0.55)', '(10,5,2,t,77,3,0.5)').length, 3)
  t.same(movedAmong('(10,5,1,f,7,,0.5)'), ['(10,5,1,f)'])
  t.same(movedAmong('(10,5,,t,7,,0.5)'), [], 'what is hidden from the role is read anyhow')
})

test('what must not be shown is not asked for again before all is read', async (t) => {
  watching.readAll([['(u,other,3)', '(11,6,3,t)', '(1,,1,1)']])
  const { movedKeys, unmoved, rows } = watching.compare([['(11,6,3,t,9,,9)'], ['(11,6,4,t,9,,9)'], ['(10,5,1,t,7,,0.5)']], watch)
  t.same([movedKeys, unmoved.length, rows], [['(11,6,4,t)'], 1, 2])
  watching.readAll([])
  t.same(movedAmong('(11,6,3,t,9,,9)'), ['(11,6,3,t)'])
})

test('it is worth while until many rows move, something fails, or twenty polls have gone by', async (t) => {
  const other = new Watching(() => undefined)
  t.notOk(other.isWorthwhile)
  other.polled(10, 100)
  t.ok(other.isWorthwhile)
  other.polled(40, 100)
  t.notOk(other.isWorthwhile)
  let polls = 0
  for (other.polled(0, 100); other.isWorthwhile; polls++) other.polled(0, 100)
  t.equal(polls, 20)
  other.polled(0, 100)
  other.stop()
  t.notOk(other.isWorthwhile)
})
