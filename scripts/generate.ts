import { readFileSync, writeFileSync } from 'node:fs'
import { faults } from '../faults/all-faults.ts'
import { reliabilityPage } from '../faults/reliability-page.ts'
import { alertsPage } from './alerts-page.ts'
import { catalogueSource } from './catalogue-source.ts'
import { configurationPage } from './configuration-page.ts'
import { dashboardFiles } from './dashboard-files.ts'
import { dashboardsPage } from './dashboards-page.ts'
import { metricsPage } from './metrics-page.ts'
import { ruleFiles } from './rule-files.ts'
import { scalePage } from './scale-page.ts'
import { schemaValidators } from './schema-validators.ts'

// `npm run docs`: writes what is generated; tests say when it is stale.
const write = (path: string, text: string) => writeFileSync(new URL(`../${path}`, import.meta.url), text)

for (const [path, text] of schemaValidators()) write(path, text)
write('docs/metrics.md', await metricsPage())
write('docs/configuration.md', configurationPage())
write('grafana/source/generated/catalogue.ts', await catalogueSource())
write('docs/scale.md', scalePage())
write('docs/reliability.md', reliabilityPage(faults, JSON.parse(readFileSync(new URL('../faults/results.json', import.meta.url), 'utf8'))))
write('docs/alerts.md', alertsPage())
for (const [path, text] of ruleFiles()) write(path, text)
write('docs/dashboards.md', dashboardsPage())
for (const [path, text] of dashboardFiles()) write(path, text)
