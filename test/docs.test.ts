import { readFileSync } from 'node:fs'
import { test } from 'tap'
import { metricsPage } from '../scripts/metrics-page.ts'

test('docs/metrics.md is what the headers say; npm run docs writes it', async (t) => {
  t.equal(readFileSync(new URL('../docs/metrics.md', import.meta.url), 'utf8'), await metricsPage())
})
