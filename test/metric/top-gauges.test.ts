import { test } from 'tap'
import type { Row } from '../../src/metric/sample.ts'
import { Top } from '../../src/metric/top.ts'
import { parseQuery } from '../../src/query/parse.ts'
import { takeWhole } from './simulation.ts'

const header = '-- S.\n--\n-- scope: server\n-- top: 3 by bytes\n-- label name\n-- gauge bytes: B.\n'
const options = { limit: 3, standStillSeconds: () => 120, labels: { server: 's' } }
const rows = (count: number): readonly Row[] => Array.from({ length: count }, (_, index) => [`(n${index})`, `(${index + 1})`])

test('of gauges the largest are shown, the rest is counted as left out, and nothing stays of what is gone', async (t) => {
  const top = new Top(parseQuery('sizes.sql', `${header}select 1`), options)
  t.equal(takeWhole(top, rows(2), 0).leftOut, 0)
  t.equal(takeWhole(top, rows(3), 300_000).leftOut, 0, 'while all fit none is')
  const many = takeWhole(top, rows(30), 600_000)
  const shown = many.entries.filter(({ values }) => values[0] !== undefined)
  t.ok(shown.some(({ labels }) => labels.name === 'n29'))
  t.equal(many.leftOut, 30 - shown.length)
  // The server is sure of its best ten, and what was shown before stays for ten minutes.
  t.ok(shown.length >= 10 && shown.length <= 13, `${shown.length} are shown`)
  t.same(
    takeWhole(top, [], 900_000).entries.filter(({ values }) => values[0] !== undefined),
    []
  )
})

test('what a remainder sums is not left out', async (t) => {
  const top = new Top(parseQuery('sizes.sql', `${header}-- counter reads_total: R.\n-- other: name\nselect 1`), options)
  const counted = Array.from({ length: 30 }, (_, index): Row => [`(n${index})`, `(1,${index + 1})`])
  t.equal(takeWhole(top, counted, 0).leftOut, 0)
})
