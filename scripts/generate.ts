import { writeFileSync } from 'node:fs'
import { configurationPage } from './configuration-page.ts'
import { metricsPage } from './metrics-page.ts'

// `npm run docs`: writes what is generated; tests say when it is stale.
writeFileSync(new URL('../docs/metrics.md', import.meta.url), await metricsPage())
writeFileSync(new URL('../docs/configuration.md', import.meta.url), configurationPage())
