import { costSeconds, type Measured } from './measure.ts'
import type { StatementCost } from './statement-cost.ts'

/** One line of the table. */
interface Line {
  readonly label: string
  readonly aim?: string
  readonly unit?: string
  readonly digits?: number
  readonly value: (measured: Measured) => number | undefined
}

const megabyte = 1e6

const lines: readonly Line[] = [
  { label: 'start to first complete page, median of 3', aim: '< 2 s', unit: 's', digits: 2, value: (m) => m.startSeconds },
  { label: 'samples on the page', value: (m) => m.samples },
  { label: 'page', unit: 'kB', value: (m) => m.bytes.identity / 1000 },
  { label: 'page, gzip', unit: 'kB', value: (m) => m.bytes.gzip / 1000 },
  { label: 'scrape p50, 1 scraper', aim: '< 3 ms', unit: 'ms', digits: 2, value: (m) => m.one.p50 },
  { label: 'scrape p99, 1 scraper', unit: 'ms', digits: 2, value: (m) => m.one.p99 },
  { label: 'scrape p50, 1 scraper, gzip', unit: 'ms', digits: 2, value: (m) => m.oneGzip.p50 },
  { label: 'scrape p99, 1 scraper, gzip', unit: 'ms', digits: 2, value: (m) => m.oneGzip.p99 },
  { label: 'scrape p50, 8 scrapers', unit: 'ms', digits: 2, value: (m) => m.eight.p50 },
  { label: 'scrape p99, 8 scrapers', unit: 'ms', digits: 2, value: (m) => m.eight.p99 },
  { label: 'scrapes per second, 8 scrapers', value: (m) => m.eight.perSecond },
  { label: 'exporter CPU per minute', unit: 's', digits: 2, value: (m) => m.cost.cpuSeconds },
  { label: 'RSS', aim: '< 110 MB', unit: 'MB', value: (m) => m.cost.memory.resident / megabyte },
  { label: 'RSS, peak', unit: 'MB', value: (m) => m.cost.memory.peak / megabyte },
  { label: 'RSS, peak after continuous scrapes', unit: 'MB', value: (m) => m.lastMemory.peak / megabyte },
  { label: 'longest event loop stall', unit: 'ms', value: (m) => m.cost.stallSeconds && m.cost.stallSeconds * 1000 },
  { label: 'server: sessions, 1 scraper', value: (m) => m.one.sessions },
  { label: 'server: sessions, 8 scrapers', value: (m) => m.eight.sessions },
  { label: 'server: first poll of all queries, execution and planning', unit: 'ms', value: (m) => timeOf(m.firstStatements) },
  { label: 'server: calls per minute', value: (m) => sum(m.cost.statements, 'calls') },
  { label: 'server: execution per minute', unit: 'ms', value: (m) => sum(m.cost.statements, 'execution') },
  { label: 'server: planning per minute', unit: 'ms', value: (m) => sum(m.cost.statements, 'planning') },
  { label: 'server: CPU per minute', unit: 's', digits: 2, value: (m) => m.cost.serverCpuSeconds }
]

/** The report in Markdown: the machine, one column per exporter, and the most expensive statements of each. */
export function renderReport(machine: string, seconds: number, measured: readonly Measured[]): string {
  const [first, second] = measured
  const ratioOf = (line: Line) => (first && second ? [ratio(line.value(first), line.value(second))] : [])
  const header = ['', 'aim', ...measured.map((m) => m.name), ...(second ? ['ratio'] : [])]
  const rows = lines.map((line) => [line.label, line.aim ?? '', ...measured.map((m) => format(line, line.value(m))), ...ratioOf(line)])
  return [
    `${machine}.`,
    renderTable(header, rows),
    renderNote(seconds, second !== undefined),
    ...measured.map((m) => `The most expensive statements of ${m.name}, per minute:\n\n${renderStatements(m.cost.statements.slice(0, 5))}`)
  ].join('\n\n')
}

function renderNote(seconds: number, withPeer: boolean): string {
  const notes = [
    `One server, 3 databases of 60 tables, 500 statements of other users, no other load. Figures per minute and RSS: ${costSeconds(seconds)} s with a scrape every 15 s, without queries polled every 5 minutes, which are included in "first poll of all queries". Scrapes: ${seconds} s each without a pause, over keep-alive connections${seconds < 20 ? '; the run may not include a poll' : '; each run includes at least one poll'}. The stall includes the 10 ms resolution of its timer.`,
    'Server CPU includes all processes of the server.',
    ...(withPeer
      ? [
          'The ratio is the figure of the peer divided by that of pgvitals. The peer queries the database at each scrape and exports the tables of one database only; pgvitals exports those of all three.'
        ]
      : [])
  ]
  return notes.join(' ')
}

function renderStatements(statements: readonly StatementCost[]): string {
  const rows = statements.map(({ statement, calls, execution, planning }) => [
    calls.toFixed(0),
    `${execution.toFixed(1)} ms`,
    `${planning.toFixed(1)} ms`,
    `\`${statement.replaceAll(/--.*$/gm, '').replaceAll(/\s+/g, ' ').trim().slice(0, 100).replaceAll('|', '\\|')}\``
  ])
  return renderTable(['calls', 'execution', 'planning', 'statement'], rows)
}

function renderTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  // Numbers are right-aligned, text is left-aligned.
  const rule = header.map((_, column) => (rows.every((row) => /^([\d<–]|$)/.test(row[column] ?? '')) ? '---:' : '---'))
  return [header, rule, ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')
}

function format({ unit, digits = 0 }: Line, value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return '–'
  return unit === undefined ? value.toFixed(digits) : `${value.toFixed(digits)} ${unit}`
}

function ratio(own: number | undefined, peers: number | undefined): string {
  if (own === undefined || peers === undefined || !(own > 0)) return '–'
  const value = peers / own
  return `${value.toFixed(value < 1 ? 2 : value < 10 ? 1 : 0)} ×`
}

function timeOf(statements: readonly StatementCost[]): number {
  return sum(statements, 'execution') + sum(statements, 'planning')
}

function sum(statements: readonly StatementCost[], field: 'calls' | 'execution' | 'planning'): number {
  return statements.reduce((total, statement) => total + statement[field], 0)
}
