import type { Alert, Tier } from '../../../grafana/source/rules/alert.ts'
import { alerts } from '../../../grafana/source/rules/alerts.ts'
import { type Recording, recordings } from '../../../grafana/source/rules/recording.ts'
import { renderAlert } from '../../../grafana/source/rules/render.ts'
import { thresholds } from '../../../grafana/source/thresholds.ts'

/** A minute of the real rules is a second of the hastened ones. */
const haste = 60

/** Enough samples of one a second for a rate, and no more than the run has. */
const windowSeconds = { least: 12, most: 60 }

const forSeconds = { least: 2, most: 5 }

const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }

/** `15m` in seconds. */
export function secondsOf(duration: string): number {
  const [, number, unit = ''] = /^(\d+)([smhdw])$/.exec(duration) ?? []
  const seconds = Number(number) * (unitSeconds[unit] ?? Number.NaN)
  if (Number.isNaN(seconds)) throw new Error(`"${duration}" is no duration; expected a number and one of s, m, h, d, w`)
  return seconds
}

const within = (seconds: number, { least, most }: { readonly least: number; readonly most: number }) =>
  Math.min(most, Math.max(least, Math.round(seconds / haste)))

/**
 * The same condition over windows that are as much shorter. What is compared with a day or a week ago looks as much
 * less far back and no less: further than the run lasts, so it has nothing to compare with, as on a new server.
 */
export function hastenExpression(expression: string): string {
  return expression
    .replaceAll(/\[(\d+\w)\]/g, (_, duration: string) => `[${within(secondsOf(duration), windowSeconds)}s]`)
    .replaceAll(/\boffset (\d+\w)\b/g, (_, duration: string) => `offset ${Math.round(secondsOf(duration) / haste)}s`)
}

const { idleInTransactionSeconds, longTransactionSeconds, longQuerySeconds, blocked, checkpoints } = thresholds

/** Ages that nobody waits for, and amounts that a small machine does not write in seconds: what stands for them. */
export const lowered: Readonly<Record<string, readonly (readonly [real: number, hastened: number])[]>> = {
  PostgresIdleInTransaction: aSixtieth(idleInTransactionSeconds.warning, idleInTransactionSeconds.critical),
  PostgresLongTransaction: aSixtieth(longTransactionSeconds.warning, longTransactionSeconds.critical),
  PostgresLongRunningQuery: aSixtieth(longQuerySeconds.warning, longQuerySeconds.critical),
  PostgresBlockedSessions: aSixtieth(blocked.warningSeconds, blocked.criticalSeconds),
  PostgresPreparedTransactionOld: aSixtieth(thresholds.preparedTransactionSeconds),
  PostgresExhaustionNear: aSixtieth(thresholds.exhaustionSeconds),
  // A tenth of the bytes a second, or held.
  PostgresTempSpill: [[thresholds.tempBytesPerSecond, thresholds.tempBytesPerSecond / 10]],
  PostgresSlotInactive: [[thresholds.slotRetainedBytes, thresholds.slotRetainedBytes / 10]],
  // As many within a window that is a sixtieth of an hour are sixty times as many in an hour.
  PostgresCheckpointsForced: [[checkpoints.leastRequestedPerHour, checkpoints.leastRequestedPerHour * haste]]
}

function aSixtieth(...seconds: readonly number[]): readonly (readonly [real: number, hastened: number])[] {
  return seconds.map((real) => [real, real / haste])
}

function lower(alert: Alert): readonly Tier[] {
  const changes = lowered[alert.name] ?? []
  const all = alert.tiers.map(({ expression }) => expression).join('\n')
  for (const [real] of changes) {
    if (!new RegExp(`[<>] ${real}\\b`).test(all)) throw new Error(`${alert.name} is not compared with ${real} any more`)
  }
  return alert.tiers.map((tier) => ({
    ...tier,
    // All at once, so that what stands for one is not taken for another.
    expression: tier.expression.replaceAll(/([<>] )([\d.]+)\b/g, (whole, sign: string, number: string) => {
      const change = changes.find(([real]) => real === Number(number))
      return change === undefined ? whole : `${sign}${change[1]}`
    })
  }))
}

/** The alert as it is, but for its windows, how long its condition must last, and the thresholds of `lowered`. */
export function hastenAlert(alert: Alert): Alert {
  const { keepFiring } = alert
  return {
    ...alert,
    tiers: lower(alert).map((tier) => ({
      ...tier,
      expression: hastenExpression(tier.expression),
      for: tier.for === '0m' ? tier.for : `${within(secondsOf(tier.for), forSeconds)}s`
    })),
    ...(keepFiring === undefined ? {} : { keepFiring: `${within(secondsOf(keepFiring), forSeconds)}s` })
  }
}

const hastenRecording = ({ record, expression, labels }: Recording) => ({
  record,
  expr: hastenExpression(expression),
  ...(labels === undefined ? {} : { labels })
})

/** All rules, hastened, as a file for Prometheus that is evaluated every second. */
export function hastenedRules(): string {
  const groups = [
    ...Object.entries(recordings).map(([name, rules]) => ({ name, rules: rules.map(hastenRecording) })),
    ...Object.entries(alerts).map(([name, list]) => ({ name, rules: list.flatMap((alert) => renderAlert(hastenAlert(alert))) }))
  ]
  return JSON.stringify({ groups: groups.map((group) => ({ ...group, interval: '1s' })) })
}
