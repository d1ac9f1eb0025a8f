import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'tap'
import { responsible } from '../../grafana/source/rules/alert.ts'
import { alerts } from '../../grafana/source/rules/alerts.ts'
import { recordings } from '../../grafana/source/rules/recording.ts'
import { expressionOf } from '../../grafana/source/rules/render.ts'
import { alertsPage } from '../../scripts/alerts-page.ts'
import { ruleFiles } from '../../scripts/rule-files.ts'
import { checkExpression } from './promql/check-expression.ts'
import { walk } from './promql/expression.ts'
import { parseExpression } from './promql/parse-expression.ts'
import { recordedSeries } from './promql/recorded-series.ts'

const root = new URL('../../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, root), 'utf8')
const all = Object.values(alerts).flat()
const options = { series: recordedSeries(recordings), leastRangeSeconds: 60, allowTotals: false, guardDivisors: true }
const metricsOf = (expression: string) =>
  walk(parseExpression(expression)).flatMap(([part]) => (part.kind === 'selector' ? [part.metric] : []))

/**
 * A standby and its primary are different servers with one system identifier, which each server has once. Their WAL positions
 * are compared, not the rates.
 */
const acrossServers: Readonly<Record<string, readonly string[]>> = {
  'server:pg_restore_lag:bytes': [
    'max does not keep job, instance, server',
    'pg_wal_position_written_bytes_total is a counter and not under rate or increase',
    'pg_wal_position_replayed_bytes_total is a counter and not under rate or increase',
    '{instance, job, server} * {instance, job, server, system_identifier}: the right side may have many series for one key, by system_identifier'
  ]
}

/** A missing shard has no series: only the shards of a job together show that it is missing. */
const acrossInstances: Readonly<Record<string, readonly string[]>> = {
  PgvitalsShardMissing: ['count does not keep instance', 'max does not keep instance', 'min does not keep instance']
}

test('grafana/rules and docs/alerts.md are up to date; npm run docs writes them', async (t) => {
  for (const [path, text] of ruleFiles()) t.equal(read(path), text, path)
  t.equal(read('docs/alerts.md'), alertsPage())
  t.same(
    readdirSync(new URL('grafana/rules/', root))
      .map((file) => `grafana/rules/${file}`)
      .sort(),
    [...ruleFiles().keys()].sort()
  )
})

test('every expression of a rule is valid and can be true', async (t) => {
  for (const { record, expression } of Object.values(recordings).flat())
    t.same(checkExpression(expression, options), acrossServers[record] ?? [], record)
  for (const alert of all)
    for (const tier of alert.tiers)
      t.same(checkExpression(expressionOf(alert, tier), options), acrossInstances[alert.name] ?? [], alert.name)
})

test('a recording rule reads only rules that precede it', async (t) => {
  const known = new Set<string>()
  const names = new Set(Object.values(recordings).flatMap((group) => group.map(({ record }) => record)))
  for (const { record, expression } of Object.values(recordings).flat()) {
    t.same(
      metricsOf(expression).filter((metric) => names.has(metric) && !known.has(metric)),
      [],
      record
    )
    known.add(record)
  }
})

test('every recording rule is used by an alert, a dashboard or another rule', async (t) => {
  const boards = readdirSync(new URL('grafana/dashboards/', root)).map((file) => read(`grafana/dashboards/${file}`))
  const rules = [...Object.values(recordings).flat(), ...all.flatMap(({ tiers }) => tiers)].map(({ expression }) => expression)
  for (const { record } of Object.values(recordings).flat())
    t.ok(
      [...boards, ...rules].some((text) => text.includes(record)),
      record
    )
})

test('every alert has a unique name, a comparison, a summary and a description', async (t) => {
  t.equal(new Set(all.map(({ name }) => name)).size, all.length, 'names are unique')
  for (const { name, tiers, summary, description, scope } of all) {
    t.match(name, /^(Postgres|Pgvitals)[A-Z]\w+$/)
    t.notMatch(description, /\{\{/, `${name}: the description is not a template`)
    t.ok(description.length > 40 && description.length < 260, `${name}: description of ${description.length} characters`)
    t.ok(summary.replaceAll(/\{\{.*?\}\}/g, '').length < 120, name)
    if (scope === 'instance') t.match(summary, /\$labels\.server/, `${name}: the summary names the server`)
    if (scope === 'database') t.match(summary, /\$labels\.datname/, `${name}: the summary names the database`)
    t.equal(new Set(tiers.map(({ severity, scope }) => `${severity} ${scope}`)).size, tiers.length, `${name}: tiers are distinct`)
    for (const { expression } of tiers) if (name !== 'PgvitalsWatchdog') t.match(expression, /[<>=]=?|absent/, name)
  }
})

const headings = ['Symptom', 'Likely causes', 'Check', 'Resolve', 'False positives']

test('every alert has a runbook with the same headings, and every runbook has an alert', async (t) => {
  const pages = readdirSync(new URL('docs/runbooks/', root)).filter((file) => file !== 'README.md')
  t.same(pages.sort(), all.map(({ name }) => `${name}.md`).sort())
  for (const alert of all)
    t.equal(read(`docs/runbooks/${alert.name}.md`).split('\n')[2], `**Responsible:** ${responsible(alert)}`, alert.name)
  for (const page of pages) {
    const text = read(`docs/runbooks/${page}`)
    t.equal(text.split('\n')[0], `# ${page.replace('.md', '')}`)
    t.same(
      [...text.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading),
      headings,
      page
    )
    for (const [, link = ''] of text.matchAll(/\]\((\w+\.md)\)/g)) t.ok(pages.includes(link), `${page} links to ${link}`)
  }
})
