// Reads query files: the header, one reader for each setting, and the SQL. The file is long because the form of every setting
// is defined here.

import { basename } from 'node:path'
import { checkColumn, checkColumns, checkDetail, checkDuring, checkMerge, checkParts, checkStatements, checkTop } from './check.ts'
import { compactSql } from './compact-sql.ts'
import { type Detail, defaultDetail, details, parseDetail } from './detail.ts'
import {
  type Activity,
  activities,
  type Column,
  isValueColumn,
  type PlainColumn,
  type Query,
  type Scope,
  type Statements,
  type Top,
  type ValueKind
} from './query.ts'
import { parseRequirement, type Requirement } from './requirement.ts'
import { parseVersion, type Version } from './version.ts'

/** The settings of a header, without defaults. */
interface Settings {
  scope?: Scope
  /** The level of the value columns that follow. */
  detail?: Detail
  merge?: string
  intervalSeconds?: number
  timeoutSeconds?: number
  maxRows?: number
  prefix?: string
  top?: Top
  statements?: Statements
  parts?: string
  during?: readonly Activity[]
  textLength?: number
}

/** A function that reads one setting and returns false if the value is invalid, and a description of valid values. */
type Reader = readonly [(settings: Settings, value: string) => boolean, string]

const readers: Readonly<Record<string, Reader>> = {
  scope: [(settings, value) => (value === 'server' || value === 'database') && set(settings, 'scope', value), 'server or database'],
  merge: [(settings, value) => set(settings, 'merge', /^[a-z][a-z0-9_]*$/.exec(value)?.[0]), 'the label or within column of the database'],
  interval: [(settings, value) => set(settings, 'intervalSeconds', parseDurationSeconds(value)), 'a duration such as 15s, 5m or 1h'],
  timeout: [(settings, value) => set(settings, 'timeoutSeconds', parseDurationSeconds(value)), 'a duration such as 2s'],
  rows: [(settings, value) => set(settings, 'maxRows', positiveInteger(value)), 'a number of rows above 0'],
  top: [
    (settings, value) => set(settings, 'top', parseTop(value)),
    'a number and columns, as 100 by seconds_total, calls_total or 100 (minimal 20) by seconds_total'
  ],
  detail: [(settings, value) => set(settings, 'detail', parseDetail(value)), details.join(', ')],
  statements: [
    (settings, value) => set(settings, 'statements', parseStatements(value)),
    'counts, or texts and a duration, as texts every 5m'
  ],
  parts: [(settings, value) => set(settings, 'parts', /^select\s.+$/.exec(value)?.[0]), 'a select of oids'],
  during: [(settings, value) => set(settings, 'during', parseActivities(value)), `activities of a database (${activities.join(', ')})`],
  text: [(settings, value) => set(settings, 'textLength', positiveInteger(value)), 'a number of characters above 0'],
  name: [(settings, value) => set(settings, 'prefix', /^[a-z_][a-z0-9_]*$/.exec(value)?.[0]), 'a metric name']
}

/** The default number of code points to which texts of statements are cut. */
const defaultTextLength = 300

/**
 * Reads one query file; `queries/README.md` describes the format.
 * Throws an AggregateError of all errors, each with file and line.
 */
export function parseQuery(file: string, text: string): Query {
  const { about, declarations, sql } = splitFile(text)
  const errors: Error[] = []
  const failed = (line: number, message: string) => errors.push(new Error(`${file}:${line}: ${message}`))

  const { name, variant } = parseFileName(file) ?? {}
  if (name === undefined)
    failed(1, 'invalid file name; expected a form such as stat_archiver.sql, stat_bgwriter.17.sql or stat_statements.1.11.sql')
  if (about === '') failed(1, 'the file does not begin with a comment line that describes the result')

  const settings: Settings = {}
  const requires: Requirement[] = []
  const columns: Column[] = []
  const columnLines: number[] = []
  const seen = new Set<string>()
  let unused: number | undefined
  for (const { line, text } of declarations) {
    const column = parseColumn(text, settings.detail ?? defaultDetail)
    if (column !== undefined && isValueColumn(column)) unused = undefined
    if (text.startsWith('detail:')) {
      if (unused !== undefined) failed(unused, unusedDetail)
      unused = line
    }
    if (column === undefined) {
      const message = readSetting(settings, requires, seen, text)
      if (message !== undefined) failed(line, message)
    } else {
      columns.push(column)
      columnLines.push(line)
    }
  }

  if (unused !== undefined) failed(unused, unusedDetail)
  const scope = settings.scope ?? 'server'
  if (!seen.has('scope')) failed(1, 'the header has no "scope: server" or "scope: database"')
  for (const [index, column] of columns.entries()) {
    const message = checkColumn(column, scope)
    if (message !== undefined) failed(columnLines[index] ?? 1, message)
  }
  const lastLine = declarations.at(-1)?.line ?? 1
  const parsed = {
    scope,
    columns,
    merge: settings.merge,
    parts: settings.parts,
    during: settings.during,
    top: settings.top,
    statements: withTextLength(settings),
    textLength: settings.textLength,
    sql
  }
  const checked = [
    ...checkColumns(columns),
    ...checkMerge(parsed),
    ...checkTop(parsed),
    ...checkStatements(parsed),
    ...checkDetail(parsed),
    ...checkParts(parsed),
    ...checkDuring(parsed)
  ]
  for (const message of checked) failed(lastLine, message)
  const variantError = checkVariant(variant, requires)
  if (variantError !== undefined) failed(1, variantError)
  if (sql === '') failed(lastLine + 1, 'there is no SQL below the header')
  if (errors.length > 0) throw new AggregateError(errors, errors.map((error) => error.message).join('\n'))

  return {
    name: name ?? '',
    file,
    variant,
    prefix: settings.prefix ?? `pg_${name}`,
    about,
    scope,
    detail: 'full',
    merge: settings.merge,
    intervalSeconds: settings.intervalSeconds ?? 15,
    timeoutSeconds: settings.timeoutSeconds ?? 5,
    // The ranking needs all rows; the limit of `top` bounds those that are shown.
    maxRows: settings.maxRows ?? (settings.top === undefined ? 1000 : 20_000),
    top: settings.top,
    statements: parsed.statements,
    parts: settings.parts,
    during: settings.during,
    requires,
    columns,
    sql
  }
}

const unusedDetail = 'no gauge, counter or untyped column follows this detail'

const secondsOf: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 }

/** Reads `15s`, `5m` or `1h` as seconds; undefined for anything else, and for zero. */
export function parseDurationSeconds(text: string): number | undefined {
  const [, count = '', unit = ''] = /^(\d+)([smh])$/.exec(text) ?? []
  const seconds = Number(count) * (secondsOf[unit] ?? 0)
  return seconds > 0 ? seconds : undefined
}

/** One declaration of a header, with its continuation lines joined. */
interface Declaration {
  readonly line: number
  readonly text: string
}

/**
 * Splits a query file. The header is the comment at its top: a description up to the first empty comment line, then
 * one declaration per line; a line indented by three spaces or more continues the one above.
 */
function splitFile(text: string): { about: string; declarations: readonly Declaration[]; sql: string } {
  const lines = text.replaceAll('\r\n', '\n').split('\n')
  const firstOther = lines.findIndex((line) => !line.startsWith('--'))
  const headerLength = firstOther === -1 ? lines.length : firstOther
  const header = lines.slice(0, headerLength).map((line) => line.slice(2).trimEnd())
  const firstEmpty = header.indexOf('')
  const aboutLength = firstEmpty === -1 ? header.length : firstEmpty
  return {
    about: header
      .slice(0, aboutLength)
      .map((line) => line.trim())
      .join(' '),
    declarations: joinContinued(header, aboutLength),
    sql: compactSql(lines.slice(headerLength).join('\n')).trim().replace(/;$/, '').trimEnd()
  }
}

function joinContinued(header: readonly string[], from: number): readonly Declaration[] {
  const joined: Declaration[] = []
  for (const [index, raw] of header.entries()) {
    if (index < from || raw === '') continue
    const above = joined.at(-1)
    if (above !== undefined && raw.startsWith('   ')) {
      joined[joined.length - 1] = { line: above.line, text: `${above.text} ${raw.trim()}` }
    } else {
      joined.push({ line: index + 1, text: raw.trim() })
    }
  }
  return joined
}

const columnPattern =
  /^(?:(?<plain>label|suffix|help|key|within|cut)|(?<value>gauge|counter|untyped))\s+(?<name>[^\s:]+)\s*(?::\s*(?<help>.*))?$/

/** Reads `label datname` or `counter calls_total: Help.`; undefined when the line does not declare a column. */
function parseColumn(text: string, detail: Detail): Column | undefined {
  const { plain, value, name, help } = columnPattern.exec(text)?.groups ?? {}
  if (name === undefined) return undefined
  return plain === undefined ? { kind: value as ValueKind, name, help: help ?? '', detail } : { kind: plain as PlainColumn['kind'], name }
}

function parseFileName(file: string): { name: string; variant: Version | undefined } | undefined {
  const [, name, version] = /^([a-z][a-z0-9_]*?)(?:\.(\d+(?:\.\d+)*))?\.sql$/.exec(basename(file)) ?? []
  return name === undefined ? undefined : { name, variant: version === undefined ? undefined : parseVersion(version) }
}

function readSetting(settings: Settings, requires: Requirement[], seen: Set<string>, text: string): string | undefined {
  const [, key = '', value = ''] = /^([a-z]+):\s*(.*)$/.exec(text) ?? []
  if (key === 'requires') return readRequirements(requires, value)
  const [read, expected] = (Object.hasOwn(readers, key) && readers[key]) || []
  if (read === undefined) {
    return `unknown declaration "${text}"; expected a setting (${[...Object.keys(readers), 'requires'].join(', ')}) or a column (label, suffix, help, key, within, cut, gauge, counter, untyped)`
  }
  if (seen.has(key) && key !== 'detail') return `${key} is set twice`
  seen.add(key)
  return read(settings, value) ? undefined : `${key} is "${value}"; expected ${expected}`
}

function readRequirements(requires: Requirement[], value: string): string | undefined {
  for (const part of value.split(',').map((part) => part.trim())) {
    const requirement = parseRequirement(part)
    if (requirement === undefined) {
      return `requires is "${part}"; expected "server >= 14", "role primary", "role standby", "capability pg_monitor", "declared access", "setting track_counts" or an extension as "pg_stat_statements >= 1.9"`
    }
    requires.push(requirement)
  }
  return undefined
}

/**
 * Checks the version in the file name: with a dot it is the version of the required extension, without a dot
 * PostgreSQL's major version.
 */
function checkVariant(variant: Version | undefined, requires: readonly Requirement[]): string | undefined {
  if (variant === undefined || variant.length === 1) return undefined
  const extensions = requires.filter((requirement) => requirement.kind === 'extension')
  return extensions.length === 1
    ? undefined
    : 'a version with a dot in the file name is that of an extension; the header must require exactly one extension'
}

/** Reads `100 by a, b`, or with the limits of other levels `100 (minimal 20, standard 50) by a, b`. */
function parseTop(text: string): Top | undefined {
  const [, count = '', lower, columns = ''] = /^(\d+)(?: \(([^)]*)\))? by (.+)$/.exec(text) ?? []
  const limit = positiveInteger(count)
  const limits = parseLimits(lower)
  const by = columns.split(',').map((name) => name.trim())
  if (limit === undefined || limits === undefined || !by.every((name) => /^[a-z][a-z0-9_]*$/.test(name))) return undefined
  return { limit, limits, by }
}

function parseLimits(text: string | undefined): Top['limits'] | undefined {
  const limits: Partial<Record<Detail, number>> = {}
  for (const part of text?.split(',') ?? []) {
    const [name = '', count = ''] = part.trim().split(' ')
    const [detail, limit] = [parseDetail(name), positiveInteger(count)]
    if (detail === undefined || limit === undefined) return undefined
    limits[detail] = limit
  }
  return limits
}

function parseActivities(text: string): readonly Activity[] | undefined {
  const names = text.split(',').map((name) => name.trim())
  const known = activities.filter((activity) => names.includes(activity))
  return known.length === names.length ? known : undefined
}

/** Reads `counts` or `texts every 5m`. */
function parseStatements(text: string): Statements | undefined {
  if (text === 'counts') return { kind: 'counts' }
  const everySeconds = parseDurationSeconds(/^texts every (\S+)$/.exec(text)?.[1] ?? '')
  return everySeconds === undefined ? undefined : { kind: 'texts', everySeconds, textLength: defaultTextLength }
}

function withTextLength({ statements, textLength = defaultTextLength }: Settings): Statements | undefined {
  return statements?.kind === 'texts' ? { ...statements, textLength } : statements
}

function positiveInteger(text: string): number | undefined {
  return /^[1-9]\d*$/.test(text) ? Number(text) : undefined
}

function set<Key extends keyof Settings>(settings: Settings, key: Key, value: Settings[Key] | undefined): boolean {
  if (value === undefined) return false
  settings[key] = value
  return true
}
