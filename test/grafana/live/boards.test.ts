import { setTimeout as delay } from 'node:timers/promises'
import { test } from 'tap'
import { upcoming } from '../../../grafana/source/upcoming.ts'
import { everySecond, until } from '../../exporter/run-exporter.ts'
import { hasTool } from '../../servers/has-tool.ts'
import { boards, panelsOf } from '../dashboards/panels-of.ts'
import { askPrometheus, valuesOfVariables } from './ask-prometheus.ts'
import { mayBeEmpty } from './may-be-empty.ts'
import { startStage } from './stage.ts'

const rangeSeconds = 60

test('under a calm load every panel of every board is answered, and not by nothing', async (t) => {
  if (!hasTool(t, 'prometheus', 'prometheus')) return
  const stage = await startStage({ scrapeSeconds: 2, queries: everySecond })
  t.teardown(stage.stop)
  const now = () => askPrometheus(stage.prometheus, rangeSeconds, 2)
  await until(
    'Prometheus has scraped a whole page',
    60,
    async () =>
      (
        await now()
          .instant('pg_table_vacuum_due_ratio', {})
          .catch(() => [])
      ).length > 0
  )
  // As long as the range that is asked for, and the windows of the recording rules with it.
  await delay(rangeSeconds * 1000)
  const ask = now()
  const [primary = ''] = (await ask.instant('pg_server_info{role="primary"}', {})).map(({ metric }) => metric.server)
  // One that runs and is shown: which statement comes first is a matter of chance.
  const busiest = `topk(1, sum by (datname, queryid) (rate(pg_stat_statements_seconds_total{server="${primary}", queryid!="other", user!="pgvitals"}[1m])))`
  const [statement = {}] = (await ask.instant(busiest, {})).map(({ metric }) => metric)
  const unused = new Set(Object.keys(mayBeEmpty))
  for (const board of boards) {
    const variables = await valuesOfVariables(ask, board, { server: primary, ...(board.uid === 'pgvitals-query' && statement) })
    for (const panel of panelsOf(board)) {
      for (const target of panel.targets ?? []) {
        const where = `${board.uid} "${panel.title}" ${target.refId}`
        const frames = await ask.target(target, variables)
        const isUpcoming = Object.keys(upcoming).some((metric) => target.expr.includes(`${metric}{`))
        const reason = mayBeEmpty[where] ?? mayBeEmpty[`${board.uid} "${panel.title}"`]
        if (reason !== undefined) for (const name of [where, `${board.uid} "${panel.title}"`]) unused.delete(name)
        t.ok(frames.length > 0 || isUpcoming || reason !== undefined, where)
      }
    }
  }
  t.same([...unused], [], 'what may be empty is there')
})
