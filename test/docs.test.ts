import { readFileSync } from 'node:fs'
import { test } from 'tap'
import { configurationPage } from '../scripts/configuration-page.ts'
import { metricsPage } from '../scripts/metrics-page.ts'

test('docs/metrics.md is what the headers say; npm run docs writes it', async (t) => {
  t.equal(readFileSync(new URL('../docs/metrics.md', import.meta.url), 'utf8'), await metricsPage())
})

test('docs/configuration.md has the example and the keys of today; npm run docs writes them', async (t) => {
  t.equal(readFileSync(new URL('../docs/configuration.md', import.meta.url), 'utf8'), configurationPage())
})
