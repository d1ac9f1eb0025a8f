import { capacityFamilies } from '../src/page/capacity.ts'
import { collectorFamilies } from '../src/page/collectors.ts'
import { healthFamilies } from '../src/page/health.ts'
import { planQueries } from '../src/plan/plan-queries.ts'
import { detailOfFamily } from '../src/query/at-detail.ts'
import { loadQueries } from '../src/query/load.ts'
import { familiesOf, formatTop, labelNames, type Query } from '../src/query/query.ts'
import { formatRequirement } from '../src/query/requirement.ts'
import { parseVersion } from '../src/query/version.ts'
import { capabilities } from '../src/server/capability.ts'
import type { Facts } from '../src/server/facts.ts'
import { meterEntries } from './catalogue-source.ts'

const majors = [13, 14, 15, 16, 17, 18] as const

/** The extension versions that are part of each major version. */
const extensionVersions: Readonly<Record<(typeof majors)[number], Readonly<Record<string, string>>>> = {
  13: { pg_stat_statements: '1.8', pg_buffercache: '1.3' },
  14: { pg_stat_statements: '1.9', pg_buffercache: '1.3' },
  15: { pg_stat_statements: '1.10', pg_buffercache: '1.3' },
  16: { pg_stat_statements: '1.10', pg_buffercache: '1.4' },
  17: { pg_stat_statements: '1.11', pg_buffercache: '1.5' },
  18: { pg_stat_statements: '1.12', pg_buffercache: '1.6' }
}

/** The text of docs/metrics.md: all metric families of the query files and of the exporter itself. */
export async function metricsPage(): Promise<string> {
  const queries = loadQueries()
  const names = [...new Set(queries.map((query) => query.name))]
  return [
    '# Metrics',
    '',
    'Generated from the headers of [queries/](../queries/README.md) by `npm run docs`. All families have the label `server`, those of database-wide queries also `datname`. *Versions* are the major versions of PostgreSQL on which the metric exists, *detail* is the lowest [level of detail](detail.md) that exports it. A query without a requirement works for every role that can connect.',
    '',
    ...names.flatMap((name) => queryPart(queries.filter((query) => query.name === name))),
    '## Metrics about the exporter',
    '',
    '| metric | type | labels | meaning |',
    '|---|---|---|---|',
    ...[...healthFamilies, ...capacityFamilies, ...collectorFamilies].map(
      ([family, labels]) => `| \`${family.name}\` | ${family.type} | ${labels} | ${family.help} |`
    ),
    ...(await meterRows()),
    '',
    '`process_*` and `nodejs_*` have the names of prom-client. `nodejs_eventloop_lag_*` covers the last one to two minutes: it is how late a timer runs that is due every 50 ms during polls and the rendering of pages, and every five seconds otherwise.',
    ''
  ].join('\n')
}

/** One query: the columns of all its variants in one table. */
function queryPart(variants: readonly Query[]): readonly string[] {
  const newest = variants.at(-1)
  if (newest === undefined) return []
  const requires = newest.requires.map(formatRequirement).filter((requirement) => !requirement.startsWith('server'))
  // The source that the description names, or the first one. `extract(epoch from …)` is not a source.
  const sources = [...newest.sql.matchAll(/(?<!\bepoch )\bfrom (?:pg_catalog|public)\.(\w+)/g)].map(([, name = '']) => name)
  const source = sources.find((name) => new RegExp(`\\b${name}\\b`).test(newest.about)) ?? sources[0]
  const facts = [
    newest.scope === 'server' ? 'once per server' : 'in every database',
    `every ${newest.intervalSeconds} s`,
    ...(requires.length > 0 ? [`requires ${requires.join(', ')}`] : []),
    ...(newest.merge === undefined ? [] : ['without capability pg_read_all_stats merged with the rows of other databases']),
    ...(newest.top === undefined ? [] : [`top ${formatTop(newest.top)}`])
  ]
  const columns = new Map(variants.flatMap((query) => familiesOf(query).map((family) => [family.name, family] as const)))
  const suffix = newest.columns.some((column) => column.kind === 'suffix') ? '_*' : ''
  // The text of the row that replaces `{}` in the help.
  const placeholder = `\`<${newest.columns.find(({ kind }) => kind === 'help')?.name ?? 'suffix'}>\``
  return [
    `## ${newest.name}`,
    '',
    newest.about,
    '',
    `*${facts.join(', ')}; labels ${labelNames(newest).join(', ')}${source === undefined ? '' : `; from \`${source}\``}*`,
    '',
    '| metric | type | versions | detail | meaning |',
    '|---|---|---|---|---|',
    ...[...columns].map(
      ([name, { type, help }]) =>
        `| \`${name}${suffix}\` | ${type} | ${versionsOf(variants, name)} | ${detailOf(variants, name)} | ${help.replaceAll('|', '\\|').replaceAll('{}', placeholder)} |`
    ),
    ''
  ]
}

/** The lowest level that exports the metric. The variants of a query agree. */
function detailOf(variants: readonly Query[], metric: string): string {
  const having = variants.find((query) => familiesOf(query).some(({ name }) => name === metric))
  return having === undefined ? '' : detailOfFamily(having, metric)
}

/** The major versions whose variant has the metric, as `13–18`. */
function versionsOf(variants: readonly Query[], metric: string): string {
  const having = majors.filter((major) => [true, false].some((isStandby) => hasMetric(variants, metric, major, isStandby)))
  const isRange = having.length > 2 && having.every((major, index) => major === (having[0] ?? 0) + index)
  return isRange ? `${having[0]}–${having.at(-1)}` : having.join(', ')
}

function hasMetric(variants: readonly Query[], metric: string, major: (typeof majors)[number], isStandby: boolean): boolean {
  const extensions = Object.entries(extensionVersions[major]).map(
    ([name, version]) => [name, { version: parseVersion(version), schema: 'public', hasUsage: true, refused: new Map() }] as const
  )
  const facts: Facts = {
    role: '',
    version: [major],
    isStandby,
    extensions: new Map(extensions),
    capabilities: new Set(capabilities.map(({ name }) => name)),
    membership: { isMember: true, inheritSteps: [], inherits: true },
    tracking: new Map()
  }
  const access = new Map([['', 'none' as const]])
  return planQueries(variants, [{ name: '', isUp: true, facts, access }]).some(
    ({ query, skipped }) => skipped === undefined && familiesOf(query).some(({ name }) => name === metric)
  )
}

async function meterRows(): Promise<readonly string[]> {
  return (await meterEntries()).map(([name, { type, help }]) => `| \`${name}\` | ${type} | | ${help} |`)
}
