import type { FamilyText } from '../metric/exposition.ts'

/** Samples and bytes on the page. */
export interface Exported {
  readonly samples: number
  readonly bytes: number
}

export const nothing: Exported = { samples: 0, bytes: 0 }

/**
 * The samples and bytes that the result of a query exports for each database. `datname` is the database whose rows the query returns (`''` for the
 * server). If it contributes to a server-wide query, rows of other databases do not count: the page contains them at most
 * once.
 */
export function exportedBy(datname: string, texts: readonly FamilyText[]): ReadonlyMap<string, Exported> {
  const exported = new Map<string, { samples: number; bytes: number }>()
  for (const text of texts) {
    if (datname !== '' && text.datname !== datname) continue
    const own = exported.get(text.datname) ?? { samples: 0, bytes: 0 }
    if (own.samples === 0) exported.set(text.datname, own)
    own.samples += text.samples
    own.bytes += text.text.length
  }
  return exported
}
