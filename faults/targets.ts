import type { Row } from './row.ts'

/** The interval of poll cycles in the trials: the default. */
export const intervalSeconds = 15

/** The targets for every fault. */
export const targets = {
  p99Milliseconds: 100,
  truthSeconds: 2 * intervalSeconds,
  /** The poll interval, and a third of it for a poll that waits. */
  othersAgeSeconds: (intervalSeconds * 4) / 3,
  recoverySeconds: 30,
  /** The default of `max_sessions`. */
  sessions: 4
} as const

/** The targets that a row misses, in words. */
export function missedTargets(row: Omit<Row, 'missed'>): readonly string[] {
  const { statuses, p99Milliseconds, truthSeconds, othersAgeSeconds, recoverySeconds, sessionsPeak, sessionsLeft } = row
  return [
    ...(statuses.some((status) => status !== 200) ? ['status'] : []),
    ...(p99Milliseconds < targets.p99Milliseconds ? [] : ['p99']),
    ...(truthSeconds !== null && truthSeconds <= targets.truthSeconds ? [] : ['truth']),
    ...(othersAgeSeconds !== null && othersAgeSeconds <= targets.othersAgeSeconds ? [] : ['others']),
    ...(recoverySeconds !== null && recoverySeconds <= targets.recoverySeconds ? [] : ['recovery']),
    ...(sessionsLeft !== null && Math.max(sessionsLeft, sessionsPeak) <= targets.sessions ? [] : ['sessions']),
    ...(row.problems.length === 0 ? [] : ['trial'])
  ]
}
