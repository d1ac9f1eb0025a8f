import { readdirSync, readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import { test } from 'tap'
import { dashboardFiles } from '../../scripts/dashboard-files.ts'
import { dashboardsPage } from '../../scripts/dashboards-page.ts'
import { boards, type PanelFile, panelsOf } from './dashboards/panels-of.ts'
import { dashboardSchema } from './dashboards/schema.ts'

const root = new URL('../../', import.meta.url)

test('grafana/dashboards and docs/dashboards.md are up to date (npm run docs)', async (t) => {
  t.equal(readFileSync(new URL('docs/dashboards.md', root), 'utf8'), dashboardsPage())
  for (const [path, text] of dashboardFiles()) t.equal(readFileSync(new URL(path, root), 'utf8'), text, path)
  const files = readdirSync(new URL('grafana/dashboards/', root)).map((file) => `grafana/dashboards/${file}`)
  t.same(
    files.sort(),
    dashboardFiles()
      .map(([path]) => path)
      .sort()
  )
})

test('every dashboard matches the schema of Grafana', async (t) => {
  const check = new Ajv({ allErrors: true, allowUnionTypes: true }).compile(dashboardSchema)
  for (const board of boards) t.ok(check(board), `${board.uid} ${JSON.stringify(check.errors?.slice(0, 3))}`)
  t.notOk(check({ ...boards[0], titel: '' }), 'an unknown key is an error')
  t.notOk(check({ ...boards[0], panels: boards[0]?.panels.map((panel) => ({ ...panel, gridPos: { ...panel.gridPos, w: 30 } })) }))
})

test('uids, ids, titles and reference ids are unique', async (t) => {
  const once = (what: string, values: readonly (string | number)[]) => t.same(values, [...new Set(values)], what)
  once(
    'uids',
    boards.map(({ uid }) => uid)
  )
  for (const board of boards) {
    once(
      `${board.uid}: ids`,
      board.panels.flatMap((panel) => [panel.id, ...(panel.panels ?? []).map(({ id }) => id)])
    )
    once(
      `${board.uid}: titles`,
      panelsOf(board).map(({ title }) => title)
    )
    for (const { title, targets = [] } of panelsOf(board))
      once(
        `${board.uid} "${title}": refIds`,
        targets.map(({ refId }) => refId)
      )
  }
})

test('panels lie within the grid and do not overlap', async (t) => {
  const overlap = ({ gridPos: a }: PanelFile, { gridPos: b }: PanelFile) =>
    a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h
  for (const { uid, panels } of boards) {
    for (const together of [panels, ...panels.map(({ panels = [] }) => panels)]) {
      for (const [index, panel] of together.entries()) {
        t.ok(panel.gridPos.x + panel.gridPos.w <= 24, `${uid} "${panel.title}"`)
        const over = together.slice(index + 1).find((other) => overlap(panel, other))
        t.equal(over?.title, undefined, `${uid} "${panel.title}"`)
      }
    }
  }
})

test('a dashboard runs at most 25 panels before a row is opened', async (t) => {
  for (const { uid, panels } of boards) {
    const open = panels.filter(({ type }) => type !== 'row')
    t.ok(open.length <= 25, `${uid} opens with ${open.length} panels`)
    const firstScreen = open.filter(({ gridPos }) => gridPos.y < 20)
    t.ok(firstScreen.length >= 6, `${uid} has ${firstScreen.length} panels on its first screen`)
  }
})

test('every description states what the panel shows, why it matters, what is normal and what to do next', async (t) => {
  for (const board of boards) {
    for (const { title, description = '' } of panelsOf(board)) {
      const lines = description.split('\n\n')
      t.same(
        lines.map((line) => /^\*\*(\w+):\*\* .+\.$/.exec(line)?.[1]),
        ['Shows', 'Matters', 'Normal', 'Next'],
        `${board.uid} "${title}"`
      )
      t.notMatch(title + description, /TODO|undefined|\[object/, title)
    }
  }
})
