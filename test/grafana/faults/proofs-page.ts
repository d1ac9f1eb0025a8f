import type { Tier } from '../../../grafana/source/rules/alert.ts'
import { alerts } from '../../../grafana/source/rules/alerts.ts'
import { recordings } from '../../../grafana/source/rules/recording.ts'
import { loadQueries } from '../../../src/query/load.ts'
import { familiesOf } from '../../../src/query/query.ts'
import { walk } from '../promql/expression.ts'
import { parseExpression } from '../promql/parse-expression.ts'
import { teamOf } from './exporter-file.ts'
import { lowered, secondsOf } from './hasten.ts'
import { isOwn, type Proof } from './try-fault.ts'

/** The text of docs/alert-proofs.md: what was measured in a run. */
export function proofsPage(proofs: readonly Proof[]): string {
  return [
    '# Alerts that were seen to fire',
    '',
    'Written by `npm run docs:alert-proofs`, from one run of `test/grafana/faults`: two real servers (PostgreSQL 18 and 16) with the databases of two teams, pgvitals as a process with a `pgvitals.yaml`, and a real Prometheus. Under a calm load nothing fired. Then each fault was injected: its own alert fired, with the right team, and no other but those named in the last column, which the same fault causes. When it was mended they ended.',
    '',
    '**Fired after** and **ended after** are measured, from the beginning of the fault and from the end of the mending, with rules that are hastened by the factor 60 (`test/grafana/faults/hasten.ts`): windows last 12 to 60 s, a day or a week ago is further back than the run lasts (so alerts that compare with it are silent here, and not proven by it), the condition must hold for 2 to 5 s, everything is asked every two seconds, and scraped and evaluated every second. The thresholds are the real ones, but for those in the column **lowered here**.',
    '',
    'In production the same takes longer, by the columns of the real rule: the fault is seen when it is next **asked** for, then scraped (15 s) and evaluated (30 s); a threshold that is an age, or a rate over a **window**, has to be reached; and the condition must hold **for** so long. A password or a grant is not tried before a session is opened anew, which is every half hour; here the sessions were ended.',
    '',
    '| fault | what is done | alert | team | fired after | ended after | asked every | window | for | lowered here | with it |',
    '|---|---|---|---|---|---|---|---|---|---|---|',
    ...proofs.map(row),
    ''
  ].join('\n')
}

function row({ fault, firings, firedSeconds, endedSeconds }: Proof): string {
  const own = firings.find((one) => isOwn(fault, one))
  const tier = tierOf(fault.alert, own?.labels.severity ?? '')
  const others = [...new Set(firings.map(({ alert }) => alert))].filter((alert) => alert !== fault.alert)
  return `| ${[
    fault.name,
    fault.what,
    `[${fault.alert}](runbooks/${fault.alert}.md), ${tier.severity}`,
    fault.datname === undefined ? '' : teamOf(fault.datname),
    seconds(firedSeconds),
    seconds(endedSeconds),
    spell(longestInterval(tier.expression)),
    longestWindow(tier.expression),
    tier.for,
    (lowered[fault.alert] ?? [])
      .filter(([real]) => tier.expression.includes(`> ${real}`))
      .map((both) => both.map((number) => number.toLocaleString('en-US')).join(' → '))
      .join(', '),
    others.map((alert) => `[${alert}](runbooks/${alert}.md): ${fault.also?.[alert] ?? ''}`).join('; ')
  ].join(' | ')} |`
}

function tierOf(name: string, severity: string): Tier {
  const found = Object.values(alerts)
    .flat()
    .find((alert) => alert.name === name)
    ?.tiers.find((tier) => tier.severity === severity)
  if (found === undefined) throw new Error(`no alert ${name} of severity "${severity}"`)
  return found
}

/** The expression and those of the recording rules that it reads. */
function withRecordings(expression: string): readonly string[] {
  const read = Object.values(recordings)
    .flat()
    .filter(({ record }) => metricsOf(expression).includes(record))
  return [expression, ...read.flatMap((recording) => withRecordings(recording.expression))]
}

function metricsOf(expression: string): readonly string[] {
  return walk(parseExpression(expression)).flatMap(([part]) => (part.kind === 'selector' ? [part.metric] : []))
}

function longestWindow(expression: string): string {
  const windows = withRecordings(expression).flatMap((one) => [...one.matchAll(/\[(\d+\w)\]/g)].map(([, window = '']) => window))
  return windows.sort((one, other) => secondsOf(other) - secondsOf(one))[0] ?? ''
}

function longestInterval(expression: string): number {
  const metrics = new Set(withRecordings(expression).flatMap(metricsOf))
  const asked = loadQueries().filter((query) => familiesOf(query).some(({ name }) => metrics.has(name)))
  // What pgvitals says of itself follows its visits.
  return Math.max(15, ...asked.map(({ intervalSeconds }) => intervalSeconds))
}

function spell(value: number): string {
  return value % 60 === 0 ? `${value / 60}m` : `${value}s`
}

function seconds(value: number | undefined): string {
  return value === undefined ? 'never' : `${value.toFixed(0)} s`
}
