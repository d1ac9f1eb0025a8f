import { readFileSync } from 'node:fs'
import { test } from 'tap'
import { catalogue } from '../../grafana/source/catalogue.ts'
import { labelValues } from '../../grafana/source/label-values.ts'
import { serverSettings } from '../../grafana/source/server-settings.ts'
import { catalogueSource } from '../../scripts/catalogue-source.ts'
import { makeExporter } from '../exporter/run-exporter.ts'
import { parsePage } from '../page/parse-page.ts'
import { startServer } from '../servers/start-server.ts'

test('the generated catalogue is up to date (npm run docs)', async (t) => {
  const path = new URL('../../grafana/source/generated/catalogue.ts', import.meta.url)
  t.equal(readFileSync(path, 'utf8'), await catalogueSource())
})

test('a server exports the settings that rules and panels use, and the labels and label values of the catalogue', async (t) => {
  const server = await startServer()
  t.teardown(() => server.remove())
  const { exporter, page } = makeExporter({ DATABASE_URL: server.url('postgres') })
  await exporter.pollOnce()
  const samples = parsePage(await page())
  await exporter.stop()
  const names = new Set(samples.map(({ name }) => name))
  t.same(
    Object.keys(serverSettings).filter((name) => !names.has(name)),
    []
  )
  for (const { name, labels } of samples) {
    const entry: { readonly labels: readonly string[] } | undefined = catalogue[name as keyof typeof catalogue]
    if (entry === undefined) continue
    if (`${Object.keys(labels).sort()}` !== `${[...entry.labels].sort()}`) t.fail(`${name} has the labels ${Object.keys(labels)}`)
    for (const [label, value] of Object.entries(labels)) {
      const values = (labelValues as Readonly<Record<string, readonly string[]>>)[`${name}.${label}`]
      if (values !== undefined && !values.includes(value)) t.fail(`${name} has ${label}="${value}", which label-values.ts lacks`)
    }
  }
})
