import { writeFileSync } from 'node:fs'
import { catalogueSource } from './catalogue-source.ts'
import { metricsPage } from './metrics-page.ts'

// `npm run docs`: writes what is generated; tests say when it is stale.
const write = (path: string, text: string) => writeFileSync(new URL(`../${path}`, import.meta.url), text)

write('docs/metrics.md', await metricsPage())
write('grafana/source/generated/catalogue.ts', await catalogueSource())
