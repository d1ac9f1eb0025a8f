import { type Alert, keepFiring, type Tier } from '../../../grafana/source/rules/alert.ts'
import { alerts } from '../../../grafana/source/rules/alerts.ts'
import { type Recording, recordings } from '../../../grafana/source/rules/recording.ts'
import { renderAlert } from '../../../grafana/source/rules/render.ts'
import { thresholds } from '../../../grafana/source/thresholds.ts'

/** One minute of the real rules is one second of the accelerated rules. */
const factor = 60

/** Enough samples for a rate at one scrape per second, and not longer than the run. */
const windowSeconds = { least: 12, most: 30 }

const forSeconds = { least: 2, most: 5 }

const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }

/** A duration such as `15m` in seconds. Throws if it is invalid. */
export function secondsOf(duration: string): number {
  const [, number, unit = ''] = /^(\d+)([smhdw])$/.exec(duration) ?? []
  const seconds = Number(number) * (unitSeconds[unit] ?? Number.NaN)
  if (Number.isNaN(seconds)) throw new Error(`invalid duration "${duration}": expected a number and one of s, m, h, d, w`)
  return seconds
}

const within = (seconds: number, { least, most }: { readonly least: number; readonly most: number }) =>
  Math.min(most, Math.max(least, Math.round(seconds / factor)))

/**
 * The expression with windows and offsets divided by the factor. Windows are bounded by `windowSeconds`. Offsets are not:
 * an offset of a day or a week exceeds the run, so that such comparisons have no data, as on a new server.
 */
export function accelerateExpression(expression: string): string {
  return expression
    .replaceAll(/\[(\d+\w)\]/g, (_, duration: string) => `[${within(secondsOf(duration), windowSeconds)}s]`)
    .replaceAll(/\boffset (\d+\w)\b/g, (_, duration: string) => `offset ${Math.round(secondsOf(duration) / factor)}s`)
}

const { idleInTransactionSeconds, longTransactionSeconds, longQuerySeconds, blocked, checkpoints } = thresholds

/** Lower values of thresholds that a test cannot reach: ages, and amounts of data that a small machine does not write in seconds. */
export const lowered: Readonly<Record<string, readonly (readonly [real: number, accelerated: number])[]>> = {
  PostgresIdleInTransaction: aSixtieth(idleInTransactionSeconds.warning, idleInTransactionSeconds.critical),
  PostgresLongTransaction: aSixtieth(longTransactionSeconds.warning, longTransactionSeconds.critical),
  PostgresLongRunningQuery: aSixtieth(longQuerySeconds.warning, longQuerySeconds.critical),
  PostgresBlockedSessions: aSixtieth(blocked.warningSeconds, blocked.criticalSeconds),
  PostgresPreparedTransactionOld: aSixtieth(thresholds.preparedTransactionSeconds),
  PostgresExhaustionNear: aSixtieth(thresholds.exhaustionSeconds),
  // A tenth of the bytes.
  PostgresTempSpill: [[thresholds.tempBytesPerSecond, thresholds.tempBytesPerSecond / 10]],
  PostgresSlotInactive: [[thresholds.slotRetainedBytes, thresholds.slotRetainedBytes / 10]],
  // The same number in a sixtieth of the window is sixty times the rate.
  PostgresCheckpointsForced: [[checkpoints.leastRequestedPerHour, checkpoints.leastRequestedPerHour * factor]]
}

function aSixtieth(...seconds: readonly number[]): readonly (readonly [real: number, accelerated: number])[] {
  return seconds.map((real) => [real, real / factor])
}

function lower(alert: Alert): readonly Tier[] {
  const changes = lowered[alert.name] ?? []
  const all = alert.tiers.map(({ expression }) => expression).join('\n')
  for (const [real] of changes) {
    if (!new RegExp(`[<>] ${real}\\b`).test(all)) throw new Error(`${alert.name} does not compare with ${real}`)
  }
  return alert.tiers.map((tier) => ({
    ...tier,
    // In a single pass, so that a replacement is not replaced again.
    expression: tier.expression.replaceAll(/([<>] )([\d.]+)\b/g, (whole, sign: string, number: string) => {
      const change = changes.find(([real]) => real === Number(number))
      return change === undefined ? whole : `${sign}${change[1]}`
    })
  }))
}

/** The alert with accelerated windows and durations and the thresholds of `lowered`. */
export function accelerateAlert(alert: Alert): Alert {
  return {
    ...alert,
    tiers: lower(alert).map((tier) => ({
      ...tier,
      expression: accelerateExpression(tier.expression),
      for: tier.for === '0m' ? tier.for : `${within(secondsOf(tier.for), forSeconds)}s`
    }))
  }
}

const resolveSoon = (rule: object) => ({ ...rule, keep_firing_for: `${within(secondsOf(keepFiring), forSeconds)}s` })

const accelerateRecording = ({ record, expression, labels }: Recording) => ({
  record,
  expr: accelerateExpression(expression),
  ...(labels === undefined ? {} : { labels })
})

/** A Prometheus rule file with all rules accelerated, evaluated every second. */
export function acceleratedRules(): string {
  const groups = [
    ...Object.entries(recordings).map(([name, rules]) => ({ name, rules: rules.map(accelerateRecording) })),
    ...Object.entries(alerts).map(([name, list]) => ({
      name,
      rules: list.flatMap((alert) => renderAlert(accelerateAlert(alert)).map(resolveSoon))
    }))
  ]
  return JSON.stringify({ groups: groups.map((group) => ({ ...group, interval: '1s' })) })
}
