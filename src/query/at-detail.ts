import { type Detail, details, includesDetail } from './detail.ts'
import { familiesOf, isValueColumn, type Query, type Top } from './query.ts'

/** The lowest level at which a query exports a metric. */
export function lowestDetail(query: Query): Detail {
  return details.find((level) => atDetail(query, level) !== undefined) ?? 'full'
}

/** Each query at the levels that were requested, so that a level is derived once and not in every poll. */
const known = new WeakMap<Query, Map<Detail, Query | undefined>>()

/**
 * The query at a level: with the value columns, rows and ranking of this level; undefined if it exports nothing at this level. The
 * SQL selects only the exported columns, and PostgreSQL does not compute the others, except volatile functions.
 */
export function atDetail(query: Query, level: Detail): Query | undefined {
  const levels = known.get(query) ?? new Map<Detail, Query | undefined>()
  known.set(query, levels)
  if (!levels.has(level)) levels.set(level, reduced(query, level))
  return levels.get(level)
}

function reduced(query: Query, level: Detail): Query | undefined {
  const columns = query.columns.filter((column) => !isValueColumn(column) || includesDetail(level, column.detail))
  if (!columns.some(isValueColumn)) return undefined
  const names = columns.map(({ name }) => name)
  const isWhole = names.length === query.columns.length
  return {
    ...query,
    detail: level,
    columns,
    top: query.top && topAt(query.top, level, names),
    sql: isWhole ? query.sql : `select ${names.map((name) => `t."${name}"`).join(', ')} from (\n${query.sql}\n) as t`
  }
}

function topAt({ limit, limits, by }: Top, level: Detail, names: readonly string[]): Top {
  return { limit: limits[level] ?? limit, limits: {}, by: by.filter((name) => names.includes(name)) }
}

/** The lowest level at which a query exports a family. */
export function detailOfFamily(query: Query, family: string): Detail {
  const exports = (level: Detail) => familiesOf(atDetail(query, level) ?? { ...query, columns: [], statements: undefined })
  return details.find((level) => exports(level).some(({ name }) => name === family)) ?? 'full'
}
