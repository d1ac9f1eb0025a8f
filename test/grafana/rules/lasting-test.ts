import { catalogue } from '../../../grafana/source/catalogue.ts'
import { renderAlert } from '../../../grafana/source/rules/render.ts'
import { secondsOf } from '../promql/parse-expression.ts'
import type { Inputs, Values } from './alert-case.ts'
import type { LastingFault } from './lasting-fault.ts'
import type { Job } from './run-promtool.ts'
import { jobOf, type TestedTier } from './tested-tiers.ts'

const lastsMinutes = 360
/** The time for which the series of pgvitals are absent while it restarts. */
const restartMinutes = 2

/** A period in which every series has these values. */
interface Phase {
  readonly minutes: number
  readonly inputs: Inputs
}

/** Whether the series is missing, or a counter starts again from 0, in the middle of the fault. */
type Incident = 'none' | 'exporter restart' | 'counter reset'

/**
 * A promtool job in which each variant is one server: healthy, then the fault for six hours after the alert has fired, then
 * healthy again. The alert fires at every evaluation of the six hours, with the labels by which it can be silenced, and
 * neither before the fault nor after `endsWithin`.
 */
export function lastingJob(tested: TestedTier, lasting: LastingFault): Job {
  const { alert, tier, alertCase } = tested
  const scope = tier.scope ?? alert.scope
  const { healthyMinutes = 30, firesWithin, endsWithin, fault = {}, healthy = {}, recovery = {}, variants = {} } = lasting
  const forMinutes = secondsOf(tier.for) / 60
  const stepMinutes = healthyMinutes + firesWithin + forMinutes > 1200 ? 4 : 2
  const grid = (minutes: number) => Math.ceil(minutes / stepMinutes) * stepMinutes
  const begins = grid(healthyMinutes)
  const fires = begins + grid(firesWithin + forMinutes) + stepMinutes
  const recovers = fires + lastsMinutes
  const ends = recovers + grid(endsWithin) + 2 * stepMinutes

  const own = (inputs: Inputs) => Object.fromEntries(Object.entries(inputs).filter(([selector]) => selector in alertCase.bad))
  const bad = { ...alertCase.bad, ...own(fault) }
  const before = { ...bad, ...alertCase.good, ...own(healthy) }
  const after = { ...before, ...own(recovery) }
  const faults: Readonly<Record<string, readonly [Inputs, Incident]>> = {
    lasts: [bad, 'none'],
    'exporter restart': [bad, 'exporter restart'],
    'counter reset': [bad, 'counter reset'],
    ...Object.fromEntries(Object.entries(variants).map(([name, inputs]) => [name, [{ ...bad, ...own(inputs) }, 'none'] as const]))
  }
  const information: Inputs = scope === 'database' ? { 'pg_database_info{datname="labeler", team="labeler"}': 1 } : {}
  const series = Object.entries(faults).flatMap(([name, [inputs, incident]]) =>
    Object.keys({ ...bad, ...information }).map((selector) => {
      const phase = (minutes: number, from: Inputs): Phase => ({ minutes, inputs: { ...information, ...from } })
      const phases = [phase(begins, before), phase(recovers - begins, inputs), phase(ends + stepMinutes - recovers, after)]
      const values = samplesOf(selector, phases, bad, stepMinutes, incident, fires + lastsMinutes / 2)
      return { series: identified(selector, name), values: values.join(' ') }
    })
  )
  const identifying = Object.keys(bad).some(hasServer) ? 'server' : 'instance'
  const names = Object.keys(faults)
  const labels = { alertname: alert.name, severity: tier.severity, scope, ...(scope === 'database' ? silencing : {}) }
  const firing = `ALERTS{${[...Object.entries(labels), ['alertstate', 'firing']].map(([name, value]) => `${name}="${value}"`).join(', ')}}`
  const samples = (count: number) => names.map((name) => ({ labels: `{${identifying}="${name}"}`, value: count }))
  return {
    ...jobOf(tested, true),
    // Without annotations, whose templates are expanded at every evaluation.
    rules: renderAlert({ ...alert, tiers: [tier] }).map((rule) => ({ ...rule, annotations: {} })),
    stepMinutes,
    tests: [
      {
        interval: `${stepMinutes}m`,
        input_series: series,
        promql_expr_test: [
          { expr: firing, eval_time: `${begins - stepMinutes}m`, exp_samples: [] },
          {
            expr: `sum by (${identifying}) (count_over_time(${firing}[${lastsMinutes * 60 - 30}s]))`,
            eval_time: `${recovers}m`,
            exp_samples: samples(lastsMinutes / stepMinutes)
          },
          { expr: firing, eval_time: `${ends}m`, exp_samples: [] }
        ]
      }
    ]
  }
}

/** The labels by which the alerts of one database or one team can be silenced. */
const silencing = { datname: 'labeler', team: 'labeler' }

/** The samples of a series, one per step. Throws if the values are in a notation of other tests. */
function samplesOf(
  selector: string,
  phases: readonly Phase[],
  bad: Inputs,
  stepMinutes: number,
  incident: Incident,
  incidentMinute: number
): readonly string[] {
  const values: string[] = []
  let last = 0
  for (const { minutes, inputs } of phases) {
    const start = last
    const valueAt = reader(selector, inputs[selector] ?? 0, bad[selector] ?? 0)
    for (let minute = 0; minute < minutes; minute += stepMinutes) {
      const value = valueAt(minute, start, minute / stepMinutes)
      if (value !== undefined) last = value
      values.push(value === undefined ? '_' : String(value))
    }
  }
  const isCounter = /^(\+|every|once)/.test(String(phases[1]?.inputs[selector] ?? ''))
  const restarts = incident === 'counter reset' || /^(pgvitals|pg_stat_statements)_/.test(selector)
  const middle = incidentMinute / stepMinutes
  const lost = isCounter && restarts && incident !== 'none' ? Number(values[middle - 1]) : 0
  const isScraped = !/^(up$|scrape_)/.test(selector)
  return marked(
    values.map((value, index) => {
      if (incident === 'exporter restart' && isScraped && index >= middle && index < middle + restartMinutes / stepMinutes) return '_'
      return value === '_' || index < middle ? value : String(Number(value) - lost)
    })
  )
}

/** The samples with a staleness marker at the beginning of each gap. */
function marked(values: readonly string[]): readonly string[] {
  return values.map((value, index) => (value === '_' && index > 0 && values[index - 1] !== '_' ? 'stale' : value))
}

/** Returns the value at a minute of a phase; undefined if there is no sample. `start` is the last value of the phase before. */
function reader(selector: string, values: Values, bad: Values): (minute: number, start: number, step: number) => number | undefined {
  const text = String(values)
  const number = (value: string | undefined) => Number(value)
  const constant = /^-?[\d.]+(?:e-?\d+)?$/.test(text)
  if (constant) return () => number(text)
  if (text === '_') return () => undefined
  if (text === 'vanishes') {
    const before = reader(selector, bad, bad)
    return (minute, start, step) => (minute < 120 ? before(minute, start, step) : undefined)
  }
  const [, once] = /^once (\d+)$/.exec(text) ?? []
  if (once !== undefined) return (minute, start) => start + (minute < 2 ? 0 : number(once))
  const [, period, amount] = /^every (\d+)m\+([\d.e]+)$/.exec(text) ?? []
  if (period !== undefined) return (minute, start) => start + number(amount) * Math.floor(minute / number(period) + 1)
  const [, cycle] = /^flaps ([\d ]+)$/.exec(text) ?? []
  if (cycle !== undefined) return (_minute, _start, step) => number(cycle.split(' ')[step % cycle.split(' ').length])
  const [, first, growth] = /^(-?[\d.]*(?:e\d+)?)\+(-?[\d.]+(?:e-?\d+)?)$/.exec(text) ?? []
  if (growth === undefined) throw new Error(`${selector} ${text}: the values of a lasting fault are required in lasting-faults.ts`)
  return (minute, start) => (first === '' ? start : number(first)) + number(growth) * minute
}

function hasServer(selector: string): boolean {
  const [metric = ''] = selector.split('{')
  const entry: { readonly labels: readonly string[] } | undefined = catalogue[metric as keyof typeof catalogue]
  return entry?.labels.includes('server') !== false
}

/** The selector with the server of the variant, or its instance if the metric has no label `server`. */
function identified(selector: string, variant: string): string {
  const [, metric = '', labels = ''] = /^([\w:]+)(?:\{(.*)\})?$/.exec(selector) ?? []
  const identity = hasServer(selector) ? `instance="pgvitals:9187", server="${variant}"` : `instance="${variant}"`
  return `${metric}{job="pgvitals", ${identity}${labels === '' ? '' : `, ${labels}`}}`
}
