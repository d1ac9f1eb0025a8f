import { readFileSync } from 'node:fs'
import { test } from 'tap'
import { parse } from 'yaml'

const read = (path: string): unknown => parse(readFileSync(new URL(`../../grafana/provisioning/${path}`, import.meta.url), 'utf8'))

test('the data source has the documented uid and the scrape interval', async (t) => {
  t.match(read('datasources/prometheus.yml'), {
    apiVersion: 1,
    datasources: [{ uid: 'prometheus', type: 'prometheus', isDefault: true, editable: false, jsonData: { timeInterval: '15s' } }]
  })
})

test('dashboards are in one folder and read-only', async (t) => {
  t.match(read('dashboards/pgvitals.yml'), {
    apiVersion: 1,
    providers: [{ type: 'file', folder: 'PostgreSQL', folderUid: 'postgresql', allowUiUpdates: false, disableDeletion: true }]
  })
})
