import type { ErrorClass } from './error-class.ts'
import { type SqlPart, sqlParts } from './sql-parts.ts'

/** The classes of errors that can be refusals. `schema` includes missing functions. */
export const refusalClasses: ReadonlySet<ErrorClass> = new Set<ErrorClass>(['unsupported', 'prerequisite', 'privilege', 'schema'])

/**
 * A function, relation or statement that a server refuses permanently, because a hosted server does not support it, the
 * role lacks a privilege, or it does not exist.
 */
export interface Refusal {
  /** The key of a part of a statement, or `query <name>` for a whole query. */
  readonly key: string
  readonly errorClass: ErrorClass
  readonly message: string
  /** The statement that failed. It runs again at `retryAt`. */
  readonly probe: string
  /** A boolean expression that becomes true when the missing privilege is granted. It raises no error and is evaluated in every poll cycle. */
  readonly isGranted: string | undefined
  /** Whether the function does not exist. */
  readonly isMissing: boolean
  /** Whether it is a function in a FROM clause that returns one row. */
  readonly isRow: boolean
  /** The time at which it is tried again, in milliseconds of the clock. */
  readonly retryAt: number
}

/** The refusals of one database, by key. */
export type Refusals = ReadonlyMap<string, Refusal>

export const noRefusals: Refusals = new Map()

/** A statement without its refused functions and relations. */
export interface Supported {
  /** Undefined if the rows of the statement depend on a refused function or relation. */
  readonly sql: string | undefined
  /** The refusals that the statement contains. */
  readonly refused: readonly Refusal[]
}

/** Replaces the refused functions and relations of a statement with null. */
export function withoutRefused(sql: string, refusals: Refusals): Supported {
  if (refusals.size === 0) return { sql, refused: [] }
  const parts = sqlParts(sql).flatMap((part) => {
    const refusal = refusals.get(part.key) ?? refusals.get(anyArguments(part))
    return refusal === undefined ? [] : [{ part, refusal }]
  })
  const refused = [...new Set(parts.map(({ refusal }) => refusal))]
  const edits = new Map<number, { readonly end: number; readonly text: string }>()
  for (const { part, refusal } of parts) {
    const { expression, column } = part
    if (expression !== undefined) {
      const { start, end } = expression
      // The planner removes the branch, so the function is not called. The expression still determines the type.
      const isCall = start === part.start && part.isCall
      const text = refusal.isMissing ? missing(part, isCall) : `(case when false then ${sql.slice(start, end)} end)`
      edits.set(start, { end, text: column === undefined ? text : `${text} as ${JSON.stringify(column)}` })
    } else if (refusal.isRow && part.isSource && part.probe !== undefined) {
      const call = sql.slice(part.start, part.end)
      // A row of nulls: a join that never matches does not call the function.
      edits.set(part.start, { end: part.end, text: `(select f.* from (select) as o left join ${call} as f on false)` })
    } else {
      return { sql: undefined, refused }
    }
  }
  const inOrder = [...edits].sort(([left], [right]) => left - right)
  let [text, position] = ['', 0]
  for (const [start, edit] of inOrder) {
    if (start < position) continue
    text += sql.slice(position, start) + edit.text
    position = edit.end
  }
  return { sql: text + sql.slice(position), refused }
}

/** The types of functions that may be missing. Null without a type would become text. */
const types: Readonly<Record<string, string>> = {
  pg_conf_load_time: 'timestamptz',
  pg_current_wal_lsn: 'pg_catalog.pg_lsn',
  pg_is_in_recovery: 'boolean',
  pg_is_wal_replay_paused: 'boolean',
  pg_last_wal_receive_lsn: 'pg_catalog.pg_lsn',
  pg_last_wal_replay_lsn: 'pg_catalog.pg_lsn',
  pg_last_xact_replay_timestamp: 'timestamptz',
  pg_postmaster_start_time: 'timestamptz'
}

function missing({ name }: SqlPart, isCall: boolean): string {
  const type = isCall ? types[name] : undefined
  return type === undefined ? 'null' : `null::${type}`
}

/** The key of a function that is refused for all arguments. */
export function anyArguments({ schema, name, isCall }: SqlPart): string {
  return isCall ? `${schema}.${name}(…)` : ''
}
