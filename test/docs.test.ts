import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { configurationPage } from '../scripts/configuration-page.ts'
import { metricsPage } from '../scripts/metrics-page.ts'
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
