import { createRequire } from 'node:module'
import { parseDurationSeconds } from './parse.ts'
import type { Query } from './query.ts'

const require = createRequire(import.meta.url)

interface Tuned extends Partial<Pick<Query, 'intervalSeconds' | 'timeoutSeconds' | 'maxRows'>> {
  readonly topLimit?: number
  readonly textLength?: number
}

/** The reader of each key; it returns undefined if the value is invalid. */
const readers: Readonly<Record<string, (value: unknown) => Tuned | undefined>> = {
  interval: (value) => seconds(value, (intervalSeconds) => ({ intervalSeconds })),
  timeout: (value) => seconds(value, (timeoutSeconds) => ({ timeoutSeconds })),
  rows: (value) => positiveInteger(value, (maxRows) => ({ maxRows })),
  top: (value) => positiveInteger(value, (topLimit) => ({ topLimit })),
  text: (value) => positiveInteger(value, (textLength) => ({ textLength }))
}

/**
 * Disables and tunes queries without editing files. The text is YAML as in pgvitals.yaml:
 * `{ stat_slru: off, stat_user_tables: { interval: 60s, top: 50 } }`; its entries override those of
 * `declared`. Throws an AggregateError of all errors, each beginning with `source`, the name of the setting that contains the text.
 */
export function tuneQueries(
  queries: readonly Query[],
  text: string,
  source: string,
  declared: Readonly<Record<string, unknown>> = {}
): readonly Query[] {
  const errors: Error[] = []
  const tuning = { ...declared, ...readTuning(text, source, errors) }
  const names = new Set(queries.map((query) => query.name))
  const changes = new Map<string, Tuned | 'off'>()
  for (const [name, value] of Object.entries(tuning)) {
    if (!names.has(name)) errors.push(new Error(`${source}: unknown query "${name}"; list all queries with \`pgvitals queries\``))
    else changes.set(name, readChange(name, value, source, errors))
  }
  if (errors.length > 0) throw new AggregateError(errors, errors.map((error) => error.message).join('\n'))
  return queries.flatMap((query) => {
    const change = changes.get(query.name)
    return change === 'off' ? [] : [tuned(query, change)]
  })
}

function tuned(query: Query, { topLimit, textLength, ...change }: Tuned = {}): Query {
  const top = query.top === undefined || topLimit === undefined ? query.top : { ...query.top, limit: topLimit, limits: {} }
  const { statements } = query
  return { ...query, ...change, top, statements: statements?.kind === 'texts' && textLength ? { ...statements, textLength } : statements }
}

function readTuning(text: string, source: string, errors: Error[]): Record<string, unknown> {
  if (text === '') return {}
  try {
    // Loaded here, because most installations tune no query by environment.
    const { parse }: typeof import('yaml') = require('yaml')
    const value: unknown = parse(text)
    if (value === null || (typeof value === 'object' && !Array.isArray(value))) return { ...value }
    errors.push(new Error(`${source}: expected query names with "off" or settings, as in { stat_slru: off }`))
  } catch (error) {
    errors.push(new Error(`${source}: ${(error as Error).message.split('\n')[0]}`, { cause: error }))
  }
  return {}
}

function readChange(name: string, value: unknown, source: string, errors: Error[]): Tuned | 'off' {
  if (value === 'off' || value === false) return 'off'
  if (value === 'on' || value === true) return {}
  if (typeof value !== 'object' || value === null) {
    errors.push(new Error(`${source}: ${name} is ${JSON.stringify(value)}; expected off, or settings as { interval: 60s }`))
    return {}
  }
  let change: Tuned = {}
  for (const [key, setting] of Object.entries(value)) {
    const one = Object.hasOwn(readers, key) ? readers[key]?.(setting) : undefined
    if (one === undefined)
      errors.push(
        new Error(
          `${source}: ${name}.${key} is ${JSON.stringify(setting)}; expected interval: 60s, timeout: 2s, rows: 200, top: 50 or text: 300`
        )
      )
    change = { ...change, ...one }
  }
  return change
}

function positiveInteger(value: unknown, change: (count: number) => Tuned): Tuned | undefined {
  return Number.isInteger(value) && Number(value) > 0 ? change(Number(value)) : undefined
}

function seconds(value: unknown, change: (seconds: number) => Tuned): Tuned | undefined {
  const read = typeof value === 'string' ? parseDurationSeconds(value) : undefined
  return read === undefined ? undefined : change(read)
}
