import { test } from 'tap'
import { alerts } from '../../grafana/source/rules/alerts.ts'
import { recordings } from '../../grafana/source/rules/recording.ts'
import { dashboardUrl } from '../../grafana/source/rules/render.ts'
import { boards, type PanelFile, panelsOf } from './dashboards/panels-of.ts'
import { labelSet } from './promql/label-set.ts'
import { parseExpression } from './promql/parse-expression.ts'
import { recordedSeries } from './promql/recorded-series.ts'

const series = recordedSeries(recordings)

/** The links of a panel's series and columns. */
function linksOf({ fieldConfig }: PanelFile): readonly string[] {
  const ofColumns = fieldConfig?.overrides.flatMap(({ properties }) => properties.filter(({ id }) => id === 'links')) ?? []
  return [
    ...(fieldConfig?.defaults.links ?? []).map(({ url }) => url),
    ...ofColumns.flatMap(({ value }) => (value as readonly { readonly url: string }[]).map(({ url }) => url))
  ]
}

/** The labels of all results of a panel. */
const labelsOf = ({ targets = [] }: PanelFile) =>
  new Set(targets.flatMap(({ expr }) => [...(labelSet(parseExpression(expr), series, () => {}) ?? [])]))

test('every link leads to a dashboard with its variables, and uses labels of the result', async (t) => {
  for (const board of boards) {
    const own = board.templating.list.map(({ name }) => name)
    for (const panel of panelsOf(board)) {
      for (const url of linksOf(panel)) {
        const [, uid, query = ''] = /^\/d\/([\w-]+)\?(.*)$/.exec(url) ?? []
        const where = `${board.uid} "${panel.title}" to ${uid}`
        const target = boards.find((other) => other.uid === uid)?.templating.list.map(({ name }) => name)
        t.ok(target, where)
        for (const part of query.split('&').slice(1)) {
          const carried = /^\$\{(\w+):queryparam\}$/.exec(part)?.[1]
          const [, variable = '', origin, label = ''] = /^var-(\w+)=\$\{__(field\.labels|data\.fields)\.(\w+)\}$/.exec(part) ?? []
          if (carried !== undefined) t.ok(own.includes(carried) && target?.includes(carried), `${where}: ${carried}`)
          else {
            t.ok(target?.includes(variable), `${where}: variable ${variable}`)
            t.ok(labelsOf(panel).has(label), `${where}: label ${label}`)
            t.equal(origin, panel.type === 'table' ? 'data.fields' : 'field.labels', where)
          }
        }
      }
    }
  }
})

test('panels of databases, tables or statements have links', async (t) => {
  for (const board of boards) {
    for (const panel of panelsOf(board)) {
      if (panel.type === 'heatmap' || panel.type === 'stat') continue
      const labels = labelsOf(panel)
      if (labels.has('datname') && labels.has('server') && !/^pgvitals-(query|table)$/.test(board.uid))
        t.not(linksOf(panel).length, 0, `${board.uid} "${panel.title}"`)
    }
  }
})

test('every dashboard can be reached from the Home dashboard by links', async (t) => {
  const reached = new Set(['pgvitals-home'])
  for (const uid of reached) {
    const board = boards.find((other) => other.uid === uid)
    const links = board === undefined ? [] : panelsOf(board).flatMap(linksOf)
    for (const url of links) reached.add(/^\/d\/([\w-]+)/.exec(url)?.[1] ?? '')
  }
  t.same([...reached].sort(), boards.map(({ uid }) => uid).sort())
})

test('every variable in a query is defined by the dashboard or by Grafana, and is refreshed with the time range', async (t) => {
  for (const { uid, templating, ...board } of boards) {
    const names = ['datasource', '__rate_interval', '__range', '1', ...templating.list.map(({ name }) => name)]
    for (const [, name = ''] of JSON.stringify(board.panels).matchAll(/\$\{?(\w+)/g))
      t.ok(names.includes(name) || /^__(url_time_range|field|data)$/.test(name), `${uid}: $${name}`)
    for (const { name, type, refresh } of templating.list) if (type === 'query') t.equal(refresh, 2, `${uid}: ${name}`)
  }
})

test('every alert links to a dashboard with its variables', async (t) => {
  for (const alert of Object.values(alerts).flat()) {
    for (const { scope } of alert.tiers) {
      const url = dashboardUrl(alert, scope ?? alert.scope)
      const board = boards.find(({ uid }) => url.includes(`/d/${uid}?`))
      t.ok(board, `${alert.name}: ${url}`)
      const names = board?.templating.list.map(({ name }) => name) ?? []
      for (const [, name = ''] of url.matchAll(/var-(\w+)=/g)) t.ok(names.includes(name), `${alert.name}: ${board?.uid} has no ${name}`)
    }
  }
})
