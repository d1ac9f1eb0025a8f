import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { configurationPage } from '../scripts/configuration-page.ts'
import { metricsPage } from '../scripts/metrics-page.ts'
import { calculate, scalePage } from '../scripts/scale-page.ts'
import { schemaValidators } from '../scripts/schema-validators.ts'
import { settingsSchema } from '../src/config/settings-schema.ts'

test('docs/metrics.md is generated from the query headers; npm run docs writes it', async (t) => {
  t.equal(readFileSync(new URL('../docs/metrics.md', import.meta.url), 'utf8'), await metricsPage())
})

test('docs/configuration.md contains the current example and keys; npm run docs writes them', async (t) => {
  t.equal(readFileSync(new URL('../docs/configuration.md', import.meta.url), 'utf8'), configurationPage())
})

test('the validators in src/config/generated are those of the current schemas; npm run docs writes them', async (t) => {
  for (const [path, text] of schemaValidators()) t.ok(readFileSync(new URL(`../${path}`, import.meta.url), 'utf8') === text, path)
})

test('docs/scale.md contains the results of its figures; npm run docs writes them', async (t) => {
  t.equal(readFileSync(new URL('../docs/scale.md', import.meta.url), 'utf8'), scalePage())
})

test('the calculation of docs/scale.md is correct for small numbers', async (t) => {
  const figures: Readonly<Record<string, number>> = {
    databases: 600,
    'databases per server': 10,
    'series per database': 1000,
    'series per process': 100_000,
    'exporter CPU per 100,000 series, in percent of a core': 10,
    'exporter memory per 100,000 series, in MB': 200,
    'server CPU per poll cycle, in ms': 60,
    'share of a core for poll cycles, in percent': 2,
    'scrape interval, in seconds': 15,
    'bytes per sample on disk': 2,
    'Prometheus memory per series, in KB': 4,
    'retention, in days': 10,
    'series in memory per Mimir ingester core': 300_000,
    'ingester memory per 300,000 series, in GB': 2.5,
    'replicas of a series in Mimir': 3
  }
  t.same(
    calculate((name) => figures[name] ?? Number.NaN).map(([, value]) => value),
    ['60', '600,000', '6', '15', '0.6', '1.2', '0.5', '2', '40,000', '2.4', '69.1', '6', '15']
  )
})

test('every setting that docs, dashboards and manifests name exists', async (t) => {
  const root = join(import.meta.dirname, '..')
  const inFolders = ['docs', 'grafana', 'deploy', 'queries'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file))
  )
  const files = ['README.md', 'docker-compose.yml', 'Dockerfile', ...inFolders].filter((file) =>
    /\.(md|json|ya?ml|ts|service)$|file$/.test(file)
  )
  const named = files.flatMap((file) =>
    (readFileSync(join(root, file), 'utf8').match(/PGVITALS_[A-Z_]*[A-Z]/g) ?? []).map((name) => ({ file, name }))
  )
  t.ok(named.length > 20)
  t.same(
    named.filter(({ name }) => !(name in settingsSchema.properties)),
    []
  )
})
