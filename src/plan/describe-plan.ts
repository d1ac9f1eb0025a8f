import type { PlannedQuery } from './plan-queries.ts'

/** Describes in one log line which queries of a server run, and why the others are skipped. */
export function describePlan(server: string, plan: readonly PlannedQuery[]): string {
  const running = new Set(plan.filter(({ skipped }) => skipped === undefined).map(variantName))
  const skipped = plan
    .filter((planned) => planned.skipped !== undefined)
    .map(({ query, database, skipped }) => `${query.name}${query.scope === 'database' ? ` in ${database}` : ''} (${skipped})`)
  const refused = new Map<string, Set<string>>()
  for (const planned of plan) {
    if (planned.skipped !== undefined) continue
    for (const { key } of planned.refused ?? []) refused.set(key, (refused.get(key) ?? new Set()).add(planned.query.name))
  }
  const missing = [...refused].map(([key, names]) => `${key} (${[...names].join(', ')})`)
  const runs = running.size === 1 ? '1 query runs' : `${running.size} queries run`
  const parts = [
    running.size === 0 ? runs : `${runs}: ${[...running].join(', ')}`,
    skipped.length > 0 && `skipped: ${skipped.join(', ')}`,
    missing.length > 0 && `refused by the server: ${missing.join(', ')}`
  ]
  return `server ${server}: ${parts.filter(Boolean).join('; ')}`
}

/** The file name of the variant without `.sql`. */
function variantName({ query }: PlannedQuery): string {
  return query.variant === undefined ? query.name : `${query.name}.${query.variant.join('.')}`
}
