import type { Query } from '../query/query.ts'
import type { PlannedQuery } from './plan-queries.ts'

/** Describes in one log line which queries of a server run, and why the others are skipped. */
export function describePlan(server: string, plan: readonly PlannedQuery[]): string {
  const running = new Set(plan.filter(({ skipped }) => skipped === undefined).map(variantName))
  const skipped = describeSkipped(plan)
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

/** The skipped queries, each once for each reason: at a low level of detail, some are skipped in every database. */
function describeSkipped(plan: readonly PlannedQuery[]): readonly string[] {
  const byReason = new Map<string, { readonly query: Query; readonly skipped: string; readonly databases: string[] }>()
  for (const { query, database, skipped } of plan) {
    if (skipped === undefined) continue
    const key = `${query.name}\n${skipped}`
    const group = byReason.get(key) ?? { query, skipped, databases: [] }
    byReason.set(key, group)
    group.databases.push(database)
  }
  return [...byReason.values()].map(({ query, skipped, databases }) => {
    const isEverywhere = databases.length > 1 && databases.length === plan.filter((one) => one.query.name === query.name).length
    const where = query.scope === 'server' ? '' : ` in ${isEverywhere ? 'all databases' : databases.join(', ')}`
    return `${query.name}${where} (${skipped})`
  })
}

/** The file name of the variant without `.sql`. */
function variantName({ query }: PlannedQuery): string {
  return query.variant === undefined ? query.name : `${query.name}.${query.variant.join('.')}`
}
