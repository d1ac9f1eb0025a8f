import type { FamilyText } from '../metric/exposition.ts'
import type { Entry, KnownLabels } from '../metric/sample.ts'
import type { SampleLimit } from '../metric/sample-limit.ts'
import type { Query } from '../query/query.ts'
import type { Answer } from '../server/received-answer.ts'
import { exportedBy, nothing } from './exported.ts'

export type DropReason = 'rows' | 'budget' | 'bytes' | 'duplicate' | 'illegal'

/** The result of a successful poll. */
export interface PollResult {
  readonly rows: number
  /** The values of the first row that is exported. */
  readonly values: Entry['values']
  readonly texts: readonly FamilyText[]
  /** Samples that are missing on the page, by reason. */
  readonly dropped: Readonly<Record<DropReason, number>>
  /** Bytes that were cut from long labels. */
  readonly textBytesCut?: number
  /** What the next poll can use again; undefined if nothing. */
  readonly rendered?: Rendered | undefined
}

/** What the next poll of the same query can use again: the labels of rows and, if its result has the same bytes, the texts. */
export interface Rendered {
  readonly query: Query
  readonly digest: string
  readonly limit: number
  /** The databases of the rows, and whether their rows were exported. */
  readonly databases: ReadonlyMap<string, boolean>
  readonly knownLabels: KnownLabels
  readonly result: PollResult
}

/** The conditions under which a result is rendered. */
interface Conditions {
  readonly limit: number
  readonly limitOf: (datname: string) => SampleLimit
  readonly isShown: (datname: string) => boolean
}

/**
 * Whether a result of the same query would be rendered to the same texts. The ranks of the rows of a query with `top` do not
 * change without a new value, because their scores decay by the same factor.
 */
export function isUnchanged({ digest, limit, databases, result }: Rendered, answer: Answer, conditions: Conditions): boolean {
  const { texts, dropped } = result
  if (digest !== answer.digest || limit !== conditions.limit || dropped.budget + dropped.bytes > 0) return false
  const exported = exportedBy('', texts)
  return [...databases].every(([datname, wasShown]) => {
    const most = conditions.limitOf(datname)
    const { samples, bytes } = exported.get(datname) ?? nothing
    return conditions.isShown(datname) === wasShown && samples + dropped.duplicate <= most.samples && bytes <= most.bytes
  })
}
