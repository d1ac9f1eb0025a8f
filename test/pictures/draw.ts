import { mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { chromium } from 'playwright-core'
import { type BoardFile, boards, type PanelFile } from '../grafana/dashboards/panels-of.ts'
import { prometheusClient, valuesOfVariables } from '../grafana/live/query-prometheus.ts'

// `npm run pictures -- --prometheus http://localhost:9090 --out pictures` draws every dashboard as a PNG, without Grafana.
// It shows empty panels (red where they state no reason), unreadable ones, and wrong units.
const { values: flags } = parseArgs({
  options: {
    prometheus: { type: 'string', default: 'http://localhost:9090' },
    out: { type: 'string', default: 'pictures' },
    minutes: { type: 'string', default: '30' },
    board: { type: 'string', multiple: true },
    var: { type: 'string', multiple: true, default: [] },
    chromium: { type: 'string', default: '/usr/bin/chromium' },
    width: { type: 'string', default: '1600' },
    // Draws only the first screen, of this height.
    height: { type: 'string' }
  }
})
const selected = Object.fromEntries(flags.var.map((pair) => pair.split(/=(.*)/s, 2) as [string, string]))
const client = prometheusClient(flags.prometheus, Number(flags.minutes) * 60)

const require = createRequire(import.meta.url)
const browser = await chromium.launch({ executablePath: flags.chromium, args: ['--no-sandbox'] })
const page = await browser.newPage({ viewport: { width: Number(flags.width), height: Number(flags.height ?? 800) } })
mkdirSync(flags.out, { recursive: true })
for (const board of boards.filter(({ uid }) => flags.board === undefined || flags.board.some((name) => uid.endsWith(name)))) {
  const { panels, variables } = await resultsOf(board)
  const shown = Object.entries(variables)
    .flatMap(([name, value]) => (value === '' ? [] : `${name} = ${value}`))
    .join(' · ')
  await page.setContent('<body></body>')
  await page.addStyleTag({ path: require.resolve('uplot/dist/uPlot.min.css') })
  await page.addStyleTag({ path: join(import.meta.dirname, 'page.css') })
  await page.addScriptTag({ path: join(require.resolve('uplot/package.json'), '..', 'dist', 'uPlot.iife.min.js') })
  await page.addScriptTag({ path: join(import.meta.dirname, 'in-browser.js') })
  await page.evaluate(`draw(${JSON.stringify({ title: board.title, question: board.description, variables: shown, panels })})`)
  await page.screenshot({ path: join(flags.out, `${board.uid}.png`), fullPage: flags.height === undefined })
  const empty = panels.filter(({ frames, type }) => type !== 'row' && frames.length === 0).map(({ title }) => title)
  const failed = panels.flatMap(({ title, error }) => (error === undefined ? [] : [`${title}: ${error}`]))
  console.log(
    `${board.uid}: ${panels.length} panels; empty: ${empty.join(', ') || 'none'}${failed.map((text) => `\n  FAILED ${text}`).join('')}`
  )
}
await browser.close()

/** The panels with their results; closed rows are opened. */
async function resultsOf(board: BoardFile) {
  const variables = await valuesOfVariables(client, board, selected)
  let moved = 0
  const open = board.panels.flatMap((panel) => {
    const here = { ...panel, gridPos: { ...panel.gridPos, y: panel.gridPos.y + moved } }
    const inside = (panel.panels ?? []).map((inner) => ({ ...inner, gridPos: { ...inner.gridPos, y: inner.gridPos.y + moved } }))
    moved += Math.max(0, ...inside.map(({ gridPos }) => gridPos.y + gridPos.h - here.gridPos.y - 1))
    return [here, ...inside]
  })
  const panels = await Promise.all(open.map(async (panel) => ({ ...panel, panels: undefined, ...(await framesOf(panel, variables)) })))
  return { panels, variables }
}

async function framesOf({ targets = [] }: PanelFile, variables: Readonly<Record<string, string>>) {
  try {
    return { frames: (await Promise.all(targets.map((target) => client.target(target, variables)))).flat(), error: undefined }
  } catch (error) {
    return { frames: [], error: String(error) }
  }
}
