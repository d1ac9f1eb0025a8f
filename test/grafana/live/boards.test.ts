import { setTimeout as delay } from 'node:timers/promises'
import { test } from 'tap'
import { everySecond, until } from '../../exporter/run-exporter.ts'
import { hasTool } from '../../servers/has-tool.ts'
import { boards, panelsOf } from '../dashboards/panels-of.ts'
import { mayBeEmpty } from './may-be-empty.ts'
import { prometheusClient, valuesOfVariables } from './query-prometheus.ts'
import { startStage } from './stage.ts'

const rangeSeconds = 60
/** The interval of scrapes and of all queries. */
const scrapeSeconds = 2

test('under normal load every panel of every dashboard has data, except those in may-be-empty.ts', async (t) => {
  if (!hasTool(t, 'prometheus', 'prometheus')) return
  const stage = await startStage({ scrapeSeconds, queries: everySecond.replaceAll('1s', `${scrapeSeconds}s`) })
  t.teardown(stage.stop)
  const now = () => prometheusClient(stage.prometheus, rangeSeconds, scrapeSeconds)
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
  // The time range of the queries.
  await delay(rangeSeconds * 1000)
  const client = now()
  const [primary = ''] = (await client.instant('pg_server_info{role="primary"}', {})).map(({ metric }) => metric.server)
  // A statement of the load: the first one in the list may be any.
  const busiest = `topk(1, sum by (datname, queryid) (rate(pg_stat_statements_seconds_total{server="${primary}", queryid!="other"}[1m])))`
  const [statement = {}] = (await client.instant(busiest, {})).map(({ metric }) => metric)
  const unused = new Set(Object.keys(mayBeEmpty))
  for (const board of boards) {
    const variables = await valuesOfVariables(client, board, { server: primary, ...(board.uid === 'pgvitals-query' && statement) })
    for (const panel of panelsOf(board)) {
      for (const target of panel.targets ?? []) {
        const where = `${board.uid} "${panel.title}" ${target.refId}`
        const frames = await client.target(target, variables)
        const reason = mayBeEmpty[where] ?? mayBeEmpty[`${board.uid} "${panel.title}"`]
        if (reason !== undefined) for (const name of [where, `${board.uid} "${panel.title}"`]) unused.delete(name)
        t.ok(frames.length > 0 || reason !== undefined, where)
      }
    }
  }
  t.same([...unused], [], 'every entry of may-be-empty.ts names a panel')
})
