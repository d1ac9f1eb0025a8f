import { catalogue } from '../../../grafana/source/catalogue.ts'
import { links } from '../../../grafana/source/links.ts'
import { type Alert, keepFiring, type Tier } from '../../../grafana/source/rules/alert.ts'
import { recordings } from '../../../grafana/source/rules/recording.ts'
import { dashboardUrl } from '../../../grafana/source/rules/render.ts'
import { walk } from '../promql/expression.ts'
import { parseExpression, secondsOf } from '../promql/parse-expression.ts'
import type { AlertCase, Inputs, Values } from './alert-case.ts'
import type { PromtoolTest } from './run-promtool.ts'
import { isCounter, notation, type Period } from './timeline.ts'

const job = 'pgvitals'
const instance = 'pgvitals:9187'

/** A promtool test in which each variant of the case is one server. A brief test omits missing series and counter resets. */
export function promtoolTest(alertCase: AlertCase, alert: Alert, tier: Tier, isBrief = false): PromtoolTest {
  const { fires = {}, silent, bad, good, isTransient = false, neverResolves = false } = alertCase
  const stepMinutes = stepOf(alertCase, tier)
  const times = timesOf(alertCase, tier)
  const healthy = { ...bad, ...good }
  const always = (inputs: Inputs) => mapped(inputs, (values) => [{ minutes: times.end + 1, values }])
  const { optional = [] } = alertCase
  const lacking = (isBrief ? optional : Object.keys(bad)).map((selector) => [`lacks ${selector}`, except(bad, selector)] as const)
  const variants: Readonly<Record<string, Readonly<Record<string, readonly Period[]>>>> = {
    fires: always(bad),
    good: always(healthy),
    ...(neverResolves
      ? {}
      : {
          resolves: mapped(bad, (values, selector) => [
            { minutes: times.recovers, values },
            { minutes: times.end + 1 - times.recovers, values: healthy[selector] ?? values }
          ])
        }),
    ...(isBrief
      ? {}
      : {
          'counter reset': mapped(healthy, (values) => [
            { minutes: times.fires, values: isCounter(values) ? `1000${values}` : values },
            { minutes: times.end + 1 - times.fires, values: isCounter(values) ? `0${values}` : values }
          ])
        }),
    ...Object.fromEntries(Object.entries(fires).map(([name, inputs]) => [name, always({ ...bad, ...inputs })])),
    ...Object.fromEntries(Object.entries(silent).map(([name, inputs]) => [name, always({ ...bad, ...inputs })])),
    ...Object.fromEntries(lacking.map(([name, inputs]) => [name, always(inputs)]))
  }
  const firing = ['fires', ...Object.keys(fires), ...optional.map((selector) => `lacks ${selector}`)]
  const expected = (names: readonly string[]) => names.map((name) => expectedAlert(alertCase, alert, tier, name))
  const at = (minutes: number, names: readonly string[]) => ({
    eval_time: `${minutes}m`,
    alertname: alert.name,
    exp_alerts: expected(names)
  })
  return {
    interval: `${stepMinutes}m`,
    input_series: Object.entries(variants).flatMap(([name, inputs]) =>
      seriesOf(name, inputs, healthy, tier.scope ?? alert.scope, times.end, stepMinutes)
    ),
    alert_rule_test: [
      ...(times.waits === undefined ? [] : [at(times.waits, [])]),
      at(times.fires, neverResolves ? firing : [...firing, 'resolves']),
      at(times.end, isTransient ? [] : firing)
    ]
  }
}

interface Times {
  readonly waits: number | undefined
  readonly fires: number
  readonly recovers: number
  readonly end: number
}

/** Minutes between samples: 4 if all values are constant and the condition lasts an hour or more. */
export function stepOf({ stepMinutes, bad, silent, fires = {} }: AlertCase, tier: Tier): number {
  const isConstant = [bad, ...Object.values(silent), ...Object.values(fires)]
    .flatMap(Object.values)
    .every((values) => typeof values === 'number')
  return stepMinutes ?? (isConstant && secondsOf(tier.for) >= 3600 ? 4 : 1)
}

/** The evaluation times in minutes: before the end of `for`, when the alert must fire, and when it must have resolved. */
function timesOf(alertCase: AlertCase, tier: Tier): Times {
  const { warmMinutes, waitsMinutes, isTransient, holdsAtOnce = false, neverResolves = false } = alertCase
  const stepMinutes = stepOf(alertCase, tier)
  const warm = warmMinutes ?? windowMinutes(tier.expression)
  const forMinutes = secondsOf(tier.for) / 60
  const grid = (minutes: number) => Math.ceil(minutes / stepMinutes) * stepMinutes
  if (isTransient) return { waits: undefined, fires: 8, recovers: 9, end: 9 + warm + secondsOf(keepFiring) / 60 }
  const fires = grid(warm + forMinutes + 2)
  return {
    waits: forMinutes === 0 ? undefined : (waitsMinutes ?? grid((holdsAtOnce ? 0 : Math.floor(warm * 0.85)) + forMinutes - stepMinutes)),
    fires,
    recovers: fires + stepMinutes,
    end: neverResolves ? fires + 4 * stepMinutes : grid(fires + stepMinutes + warm + secondsOf(keepFiring) / 60 + 3)
  }
}

/** The longest window of the expression and the recording rules that it reads, in minutes. */
function windowMinutes(expression: string): number {
  const all = Object.values(recordings).flat()
  return Math.max(
    0,
    ...walk(parseExpression(expression)).map(([part]) => {
      if (part.kind === 'range') return part.seconds / 60
      const read = part.kind === 'selector' ? all.filter(({ record }) => record === part.metric) : []
      return Math.max(0, ...read.map((rule) => windowMinutes(rule.expression)))
    })
  )
}

function seriesOf(
  variant: string,
  inputs: Readonly<Record<string, readonly Period[]>>,
  healthy: Inputs,
  scope: string,
  end: number,
  stepMinutes: number
): readonly object[] {
  const series = (selector: string, periods: readonly Period[]) => ({
    series: identified(selector, variant),
    values: notation(periods, stepMinutes)
  })
  const whole = (values: Values) => [{ minutes: end + 1, values }]
  return [
    ...Object.entries(inputs).map(([selector, periods]) => series(selector, periods)),
    ...Object.keys(inputs)
      .map((selector) => [selector, selector.replace('datname="labeler"', 'datname="users"')] as const)
      .filter(([, counterpart]) => inputs[counterpart] === undefined)
      .map(([selector, counterpart]) => series(counterpart, whole(healthy[selector] ?? 0))),
    ...(scope === 'database'
      ? [
          series('pg_database_info{datname="labeler", team="labeler"}', whole(1)),
          series('pg_database_info{datname="users", team="platform"}', whole(1))
        ]
      : [])
  ]
}

/** The selector with labels that identify the variant: the server, or the instance if the metric has no label `server`. */
function identified(selector: string, variant: string): string {
  const [, metric = '', labels = ''] = /^([\w:]+)(?:\{(.*)\})?$/.exec(selector) ?? []
  const entry: { readonly labels: readonly string[] } | undefined = catalogue[metric as keyof typeof catalogue]
  const name = plain(variant)
  const own = entry?.labels.includes('server') === false ? `instance="${name}"` : `instance="${instance}", server="${name}"`
  return `${metric}{job="${job}", ${own}${labels === '' ? '' : `, ${labels}`}}`
}

function expectedAlert(alertCase: AlertCase, alert: Alert, tier: Tier, variant: string): object {
  const scope = tier.scope ?? alert.scope
  const hasServer = Object.keys(alertCase.bad).some((selector) => identified(selector, variant).includes('server='))
  const name = plain(variant)
  const identity = hasServer ? { job, instance, server: name } : { job, instance: name }
  const labels: Record<string, string> = {
    ...(scope === 'database' ? { datname: 'labeler' } : {}),
    ...alertCase.labels,
    ...alertCase.variantLabels?.[variant],
    ...identity
  }
  const summary = alertCase.summaries?.[variant] ?? alertCase.summary
  return {
    exp_labels: { ...labels, ...(scope === 'database' ? { team: 'labeler' } : {}), severity: tier.severity, scope },
    exp_annotations: {
      summary: summary.replaceAll('SERVER', name),
      description: alert.description,
      runbook_url: `${links.runbooks}/${alert.name}.md`,
      dashboard_url: dashboardUrl(alert, scope).replaceAll(/\{\{ \$labels\.(\w+) \| urlquery \}\}/g, (_, label: string) =>
        encodeURIComponent(labels[label] ?? '').replaceAll('%20', '+')
      )
    }
  }
}

/** A name without characters that need escaping in a label or a URL. */
function plain(variant: string): string {
  return variant.replaceAll(/\W+/g, ' ').trim()
}

function mapped<Result>(inputs: Inputs, map: (values: Values, selector: string) => Result): Readonly<Record<string, Result>> {
  return Object.fromEntries(Object.entries(inputs).map(([selector, values]) => [selector, map(values, selector)]))
}

function except(inputs: Inputs, selector: string): Inputs {
  return Object.fromEntries(Object.entries(inputs).filter(([key]) => key !== selector))
}
