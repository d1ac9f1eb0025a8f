import type { Measured } from './measure.ts'
import type { Scenario, ScenarioName } from './scenario.ts'
import { quantile } from './scrape.ts'

/** The conditions of a run. */
export interface Conditions {
  readonly machine: string
  readonly versions: string
  readonly date: string
  /** The load average over one minute before the run, and the highest one of an idle machine. */
  readonly load: number
  readonly idleLoad: number
}

/** The measurements of one scenario. */
export interface Result {
  readonly scenario: Scenario
  readonly seconds: number
  readonly pgvitals: Measured
  readonly peer: Measured | undefined
  /** pgvitals with a single scraper every 15 s. */
  readonly single: Measured | undefined
}

/** A limit, and a share of the value of postgres_exporter. */
interface Aim {
  readonly limit?: number
  readonly share?: number
}

interface Line {
  readonly label: string
  readonly unit?: string
  readonly digits?: number
  readonly aims?: Partial<Readonly<Record<ScenarioName, Aim>>>
  readonly value: (measured: Measured) => number | undefined
}

const megabyte = 1e6

const lines: readonly Line[] = [
  { label: 'series', value: (m) => m.samples },
  { label: 'page', unit: 'kB', value: (m) => m.pageBytes / 1000 },
  { label: 'page, gzip', unit: 'kB', value: (m) => m.gzipBytes / 1000 },
  {
    label: 'scrape p50',
    unit: 'ms',
    digits: 2,
    aims: { small: { limit: 2, share: 0.02 }, wide: { limit: 10 } },
    value: (m) => quantile(m.scrapes, 0.5)
  },
  {
    label: 'scrape p99',
    unit: 'ms',
    digits: 2,
    aims: { small: { limit: 10 }, wide: { limit: 50 } },
    value: (m) => quantile(m.scrapes, 0.99)
  },
  { label: 'scrape, maximum', unit: 'ms', digits: 2, value: (m) => m.scrapes.at(-1) },
  { label: 'longest event loop stall', unit: 'ms', digits: 1, aims: { small: { limit: 20 }, wide: { limit: 50 } }, value: (m) => m.stall },
  {
    label: 'server: execution and planning per minute',
    unit: 'ms',
    aims: { small: { share: 0.1 }, wide: { share: 0.1 } },
    value: (m) => m.statementTime
  },
  { label: 'server: statements per minute', value: (m) => m.statementCalls },
  {
    label: 'server: CPU per minute',
    unit: 's',
    digits: 2,
    value: (m) => m.serverCpuSeconds
  },
  { label: 'own CPU per minute', unit: 's', digits: 2, aims: { small: { share: 0.5 } }, value: (m) => m.cpuSeconds },
  {
    label: 'own CPU per minute and 1,000 series',
    unit: 'ms',
    digits: 1,
    aims: { wide: { share: 0.5 } },
    value: (m) => (m.cpuSeconds * 1e6) / m.samples
  },
  { label: 'RSS', unit: 'MB', aims: { small: { limit: 90 }, wide: { limit: 200 } }, value: (m) => m.residentBytes / megabyte },
  { label: 'RSS, peak', unit: 'MB', value: (m) => m.peakBytes / megabyte },
  {
    label: 'start to first complete page',
    unit: 's',
    digits: 2,
    aims: { small: { limit: 1 }, wide: { limit: 15 } },
    value: (m) => m.startSeconds
  },
  { label: 'age of server-wide samples at the scrape, p50', unit: 's', digits: 2, value: (m) => quantile(m.ages, 0.5) },
  { label: 'age of server-wide samples at the scrape, p95', unit: 's', digits: 2, value: (m) => quantile(m.ages, 0.95) }
]

/** When, where and with what a run was measured, as one paragraph. */
export function renderConditions({ date, machine, versions, load, idleLoad }: Conditions): string {
  const busy = load > idleLoad ? '. **The machine was not idle.**' : '.'
  return `${date}, ${machine}, ${versions}. Load average before the run: ${load.toFixed(2)}${busy}`
}

/** The section of a scenario in Markdown. */
export function renderResult({ scenario, seconds, pgvitals, peer, single }: Result, conditions: Conditions): string {
  const rows = lines.map((line) => {
    const [own, peers] = [line.value(pgvitals), peer && line.value(peer)]
    const aim = line.aims?.[scenario.name]
    const cells = [format(line, own), format(line, peers), ratio(own, peers), describeAim(line, aim), judge(aim, own, peers)]
    return `| ${[line.label, ...cells].join(' | ')} |`
  })
  return [
    `## ${title(scenario)}`,
    '',
    `${renderConditions(conditions)} pgvitals was measured for ${scenario.rounds} × ${seconds} s, with ${pgvitals.scrapes.length} scrapes${
      peer === undefined ? '; postgres_exporter was not installed' : `, postgres_exporter with ${peer.scrapes.length}`
    }.`,
    '',
    '| | pgvitals | postgres_exporter | ratio | aim | |',
    '|---|---:|---:|---:|---|---|',
    ...rows,
    ...(single === undefined ? [] : ['', renderSingle(single)])
  ].join('\n')
}

function renderSingle({ ages, scrapes }: Measured): string {
  const p95 = quantile(ages, 0.95)
  const verdict = p95 <= 1 ? 'met' : '**missed**'
  return `With a single scraper every 15 s (${scrapes.length} scrapes), server-wide samples were ${quantile(ages, 0.5).toFixed(2)} s old at p50 and ${p95.toFixed(2)} s at p95. Aim: ≤ 1 s at p95, ${verdict}.`
}

function title({ name, servers, databases, tables, statements, detail }: Scenario): string {
  const fleet = servers > 1 ? `${servers} servers × ` : ''
  const heading = `${name[0]?.toUpperCase()}${name.slice(1)}`
  const count = statements.toLocaleString('en-US')
  return `${heading}: ${fleet}${databases} databases × ${tables} tables, ${count} statements${fleet && ' per server'}${detail === undefined ? '' : `, detail ${detail}`}`
}

function describeAim(line: Line, aim: Aim | undefined): string {
  const parts = [
    ...(aim?.limit === undefined ? [] : [`≤ ${aim.limit} ${line.unit}`]),
    ...(aim?.share === undefined ? [] : [`ratio ≤ ${aim.share}`])
  ]
  return parts.join(', ')
}

/** Whether an aim is met; empty without an aim or a value. */
export function judge(aim: Aim | undefined, own: number | undefined, peers: number | undefined): string {
  if (aim === undefined || own === undefined) return ''
  const isMissed =
    own > (aim.limit ?? Number.POSITIVE_INFINITY) || (peers !== undefined && own > (aim.share ?? Number.POSITIVE_INFINITY) * peers)
  if (isMissed) return '**missed**'
  return aim.share !== undefined && peers === undefined ? '' : 'met'
}

function format({ unit, digits = 0 }: Line, value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return '–'
  const text = value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
  return unit === undefined ? text : `${text} ${unit}`
}

function ratio(own: number | undefined, peers: number | undefined): string {
  if (own === undefined || peers === undefined || !(peers > 0)) return '–'
  return (own / peers).toPrecision(2)
}

const introduction = `# Benchmarks

pgvitals compared with [postgres_exporter](https://github.com/prometheus-community/postgres_exporter), measured and written by \`npm run bench\`.

**Method.** All processes run on one machine. The data of the servers is in memory, and autovacuum is off. Applications with one session per database execute a few dozen transactions per second, so that counters change; the other tables are idle. Both exporters have a role with \`pg_monitor\` alone. They are measured alternately. Each measurement starts the exporter, which two scrapers then scrape every 5 seconds with gzip. The measurement of pgvitals begins 30 seconds after the start of the scrapers, when it expects their scrapes. Queries with intervals above one minute run before it.

**Same families.** postgres_exporter runs with its default collectors, the statements with their texts and as many as pgvitals exports, and every optional collector whose families pgvitals exports. It exports the tables of one database only; pgvitals exports those of all databases. In the fleet, it has one target per server (\`/probe\`), and its scrape time is that of one target; a page of pgvitals contains all servers.

**Figures.** CPU is user and system time from /proc. The server's CPU is that of the exporter's sessions and of the postmaster. Execution and planning time is that of pg_stat_statements. The event loop is measured in the process of pgvitals by a callback after each wait for events, which does not wake the process. Start time and memory are the maximum of all measurements; costs are means. The ratio is the figure of pgvitals divided by that of postgres_exporter. With fewer than 100 scrapes, p99 is the maximum.`

/** The sections of `npm run bench`, `npm run bench:load` and `npm run bench:soak`. */
export type SectionName = ScenarioName | 'load' | 'soak'

const order: readonly SectionName[] = ['small', 'wide', 'fleet', 'load', 'soak']

/** Replaces these sections in a report; other sections are kept. */
export function updateReport(previous: string, sections: ReadonlyMap<SectionName, string>): string {
  const kept = (name: SectionName) => new RegExp(`<!-- ${name} -->\\n\\n([\\s\\S]*?)\\n\\n<!-- /${name} -->`).exec(previous)?.[1]
  const all = order.flatMap((name) => {
    const section = sections.get(name) ?? kept(name)
    return section === undefined ? [] : [`<!-- ${name} -->\n\n${section}\n\n<!-- /${name} -->`]
  })
  return `${[introduction, ...all].join('\n\n')}\n`
}
