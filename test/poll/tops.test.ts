import { test } from 'tap'
import { Tops } from '../../src/poll/tops.ts'
import { createTurns } from '../../src/poll/turns.ts'
import { parseQuery } from '../../src/query/parse.ts'

const written = (file: string, counters: string) =>
  parseQuery(file, `-- S.\n--\n-- scope: server\n-- top: 20 by calls_total\n-- other: queryid\n-- label queryid\n${counters}\nselect 1`)

test('a query keeps its memory, and begins anew when another variant or other columns take over', async (t) => {
  const tops = new Tops({ databases: () => 1, standStillSeconds: () => 120 })
  const [calls, more] = ['-- counter calls_total: C.', '-- counter calls_total: C.\n-- counter rows_total: R.']
  const of = (file: string, counters: string) => tops.of(written(file, counters), '', {}, 'epoch')
  const first = of('statements.13.sql', calls)
  t.equal(of('statements.13.sql', calls), first)
  const second = of('statements.18.sql', calls)
  t.not(second, first)
  t.not(of('statements.18.sql', more), second)
  t.not(of('statements.13.sql', calls), first, 'nothing is resumed that has not seen what happened since')
})

test('what two sessions ask for one memory is read one after the other, also after a failure', async (t) => {
  const inTurn = createTurns()
  const done: string[] = []
  const slow = inTurn(async () => {
    await new Promise((resolve) => setTimeout(resolve, 20))
    done.push('first')
    throw new Error('it failed')
  })
  const fast = inTurn(async () => done.push('second'))
  await t.rejects(slow, { message: 'it failed' })
  await fast
  t.same(done, ['first', 'second'])
})
