import { catalogue } from '../../../grafana/source/catalogue.ts'
import { links } from '../../../grafana/source/links.ts'
import type { Alert, Tier } from '../../../grafana/source/rules/alert.ts'
import { recordings } from '../../../grafana/source/rules/recording.ts'
import { dashboardUrl } from '../../../grafana/source/rules/render.ts'
import { walk } from '../promql/expression.ts'
import { parseExpression, secondsOf } from '../promql/parse-expression.ts'
import type { AlertCase, Inputs, Values } from './alert-case.ts'
import { isCounter, notation, type Stretch } from './timeline.ts'

const job = 'pgvitals'
const instance = 'pgvitals:9187'

/** One test of promtool, in which each variant of the case is a server of its own on one page; a brief one leaves out what may not be missing, and resets. */
export function promtoolTest(alertCase: AlertCase, alert: Alert, tier: Tier, isBrief = false): object {
  const { fires = {}, silent, bad, good, passes = false, neverWell = false } = alertCase
  const stepMinutes = stepOf(alertCase, tier)
  const times = timesOf(alertCase, alert, tier)
  const well = { ...bad, ...good }
  const always = (inputs: Inputs) => mapped(inputs, (values) => [{ minutes: times.end + 1, values }])
  const { optional = [] } = alertCase
  const lacking = (isBrief ? optional : Object.keys(bad)).map((selector) => [`lacks ${selector}`, except(bad, selector)] as const)
  const variants: Readonly<Record<string, Readonly<Record<string, readonly Stretch[]>>>> = {
    fires: always(bad),
    good: always(well),
    ...(neverWell
      ? {}
      : {
          resolves: mapped(bad, (values, selector) => [
            { minutes: times.recovers, values },
            { minutes: times.end + 1 - times.recovers, values: well[selector] ?? values }
          ])
        }),
    ...(isBrief
      ? {}
      : {
          'counter reset': mapped(well, (values) => [
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
      seriesOf(name, inputs, well, tier.scope ?? alert.scope, times.end, stepMinutes)
    ),
    alert_rule_test: [
      ...(times.waits === undefined ? [] : [at(times.waits, [])]),
      at(times.fires, neverWell ? firing : [...firing, 'resolves']),
      at(times.end, passes ? [] : firing)
    ]
  }
}

interface Times {
  readonly waits: number | undefined
  readonly fires: number
  readonly recovers: number
  readonly end: number
}

/** Minutes from one sample to the next: few samples will do where nothing moves for hours. */
export function stepOf({ stepMinutes, bad, silent, fires = {} }: AlertCase, tier: Tier): number {
  const stands = [bad, ...Object.values(silent), ...Object.values(fires)]
    .flatMap(Object.values)
    .every((values) => typeof values === 'number')
  return stepMinutes ?? (stands && secondsOf(tier.for) >= 3600 ? 4 : 1)
}

/** When to look, in minutes: at the end of the waiting, once it must fire, and once what is well again must be silent. */
function timesOf(alertCase: AlertCase, { keepFiring = '0m' }: Alert, tier: Tier): Times {
  const { warmMinutes, waitsMinutes, passes, holdsAtOnce = false, neverWell = false } = alertCase
  const stepMinutes = stepOf(alertCase, tier)
  const warm = warmMinutes ?? windowMinutes(tier.expression)
  const waiting = secondsOf(tier.for) / 60
  const grid = (minutes: number) => Math.ceil(minutes / stepMinutes) * stepMinutes
  if (passes) return { waits: undefined, fires: 8, recovers: 9, end: 9 + warm }
  const fires = grid(warm + waiting + 2)
  return {
    waits: waiting === 0 ? undefined : (waitsMinutes ?? grid((holdsAtOnce ? 0 : Math.floor(warm * 0.85)) + waiting - stepMinutes)),
    fires,
    recovers: fires + stepMinutes,
    end: neverWell ? fires + 4 * stepMinutes : grid(fires + stepMinutes + warm + secondsOf(keepFiring) / 60 + 3)
  }
}

/** The longest window that the expression looks through, its recording rules' included. */
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
  inputs: Readonly<Record<string, readonly Stretch[]>>,
  well: Inputs,
  scope: string,
  end: number,
  stepMinutes: number
): readonly object[] {
  const series = (selector: string, stretches: readonly Stretch[]) => ({
    series: identified(selector, variant),
    values: notation(stretches, stepMinutes)
  })
  const whole = (values: Values) => [{ minutes: end + 1, values }]
  return [
    ...Object.entries(inputs).map(([selector, stretches]) => series(selector, stretches)),
    ...Object.keys(inputs)
      .map((selector) => [selector, selector.replace('datname="labeler"', 'datname="users"')] as const)
      .filter(([, twin]) => inputs[twin] === undefined)
      .map(([selector, twin]) => series(twin, whole(well[selector] ?? 0))),
    ...(scope === 'database'
      ? [
          series('pg_database_info{datname="labeler", team="labeler"}', whole(1)),
          series('pg_database_info{datname="users", team="platform"}', whole(1))
        ]
      : [])
  ]
}

/** The selector with what tells the variant apart: the server, or the instance where the metric has no server. */
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

/** A name without what an address or a label would have to escape. */
function plain(variant: string): string {
  return variant.replaceAll(/\W+/g, ' ').trim()
}

function mapped<Result>(inputs: Inputs, map: (values: Values, selector: string) => Result): Readonly<Record<string, Result>> {
  return Object.fromEntries(Object.entries(inputs).map(([selector, values]) => [selector, map(values, selector)]))
}

function except(inputs: Inputs, selector: string): Inputs {
  return Object.fromEntries(Object.entries(inputs).filter(([key]) => key !== selector))
}
