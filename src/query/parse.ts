import { basename } from 'node:path'
import { type DerivedColumn, mistakeInColumn, mistakesInColumns, mistakesInTop, parseColumn, parseDerivedColumn } from './column.ts'
import { type DerivedSettings, derivedOf, mistakesInDerived, parseMeans } from './derived.ts'
import { parseDurationSeconds } from './duration.ts'
import { type HeaderLine, splitFile } from './header.ts'
import { lookupOf, mistakesInLookup, parseLookup } from './lookup.ts'
import type { Column, LookedUp, Query, Scope, TopRows } from './query.ts'
import { parseRequirement, type Requirement } from './requirement.ts'
import { parseVersion, type Version } from './version.ts'

/** The header's settings as they are read, before the defaults. */
interface Settings {
  scope?: Scope
  intervalSeconds?: number
  timeoutSeconds?: number
  maxRows?: number
  prefix?: string
  top?: Pick<TopRows, 'limit' | 'by'>
  other?: readonly string[]
  means?: NonNullable<DerivedSettings['means']>
  per?: readonly string[]
  lookup?: Omit<LookedUp, 'textLength'>
  textLength?: number
}

/** How each setting is read: it answers false when the value is not what the second entry says. */
const readers: Readonly<Record<string, readonly [(settings: Settings, value: string) => boolean, string]>> = {
  scope: [(settings, value) => (value === 'server' || value === 'database') && set(settings, 'scope', value), 'server or database'],
  interval: [(settings, value) => set(settings, 'intervalSeconds', parseDurationSeconds(value)), 'a duration such as 15s, 5m or 1h'],
  timeout: [(settings, value) => set(settings, 'timeoutSeconds', parseDurationSeconds(value)), 'a duration such as 2s'],
  rows: [(settings, value) => set(settings, 'maxRows', positiveInteger(value)), 'a number of rows above 0'],
  top: [(settings, value) => set(settings, 'top', parseTop(value)), 'a number and columns, as 100 by seconds_total, calls_total'],
  other: [(settings, value) => set(settings, 'other', listOf(value)), 'label names'],
  means: [(settings, value) => set(settings, 'means', parseMeans(value)), 'two counters, as seconds_total / calls_total'],
  per: [(settings, value) => set(settings, 'per', listOf(value)), 'label names'],
  lookup: [
    (settings, value) => set(settings, 'lookup', parseLookup(value)),
    'a label, a query and a duration, as queryid of stat_statements every 5m'
  ],
  text: [(settings, value) => set(settings, 'textLength', positiveInteger(value)), 'a number of characters above 0'],
  name: [(settings, value) => set(settings, 'prefix', /^[a-z_][a-z0-9_]*$/.exec(value)?.[0]), 'a metric name']
}

/**
 * Reads one query file; `queries/README.md` describes the format.
 * Throws an AggregateError of every mistake, each with file and line.
 */
export function parseQuery(file: string, text: string): Query {
  const { about, declarations, sql } = splitFile(text)
  const mistakes: Error[] = []
  const mistaken = (line: number, message: string) => mistakes.push(new Error(`${file}:${line}: ${message}`))

  const { name, variant } = parseFileName(file) ?? {}
  if (name === undefined)
    mistaken(1, "the file's name is not of the form stat_archiver.sql, stat_bgwriter.17.sql or stat_statements.1.11.sql")
  if (about === '') mistaken(1, 'the file does not begin with a comment line that says what it answers')

  const settings: Settings = {}
  const requires: Requirement[] = []
  const columns: Column[] = []
  const families: DerivedColumn[] = []
  const columnLines: number[] = []
  const seen = new Set<string>()
  for (const { line, text } of declarations) {
    const column = parseColumn(text)
    if (column !== undefined) {
      columns.push(column)
      columnLines.push(line)
      continue
    }
    const family = parseDerivedColumn(text)
    if (family !== undefined) {
      families.push(family)
      continue
    }
    const message = readSetting(settings, requires, seen, text)
    if (message !== undefined) mistaken(line, message)
  }

  const scope = settings.scope ?? 'server'
  if (!seen.has('scope')) mistaken(1, 'the header has no "scope: server" or "scope: database"')
  for (const [index, column] of columns.entries()) {
    const message = mistakeInColumn(column, scope)
    if (message !== undefined) mistaken(columnLines[index] ?? 1, message)
  }
  const lastLine: HeaderLine | undefined = declarations.at(-1)
  for (const message of mistakesInColumns(columns)) mistaken(lastLine?.line ?? 1, message)
  for (const message of mistakesInTop(settings.top?.by, settings.other, columns)) mistaken(lastLine?.line ?? 1, message)
  for (const message of [
    ...mistakesInDerived(families, { means: settings.means, per: settings.per }, columns, settings.top !== undefined),
    ...mistakesInLookup(settings.lookup, columns)
  ])
    mistaken(lastLine?.line ?? 1, message)
  const variantMistake = mistakeInVariant(variant, requires)
  if (variantMistake !== undefined) mistaken(1, variantMistake)
  if (sql === '') mistaken((lastLine?.line ?? 1) + 1, 'there is no SQL below the header')
  if (mistakes.length > 0) throw new AggregateError(mistakes, mistakes.map((mistake) => mistake.message).join('\n'))

  return {
    name: name ?? '',
    file,
    variant,
    prefix: settings.prefix ?? `pg_${name}`,
    about,
    scope,
    intervalSeconds: settings.intervalSeconds ?? 15,
    timeoutSeconds: settings.timeoutSeconds ?? 5,
    // Every row must be seen to know which moved; what is shown of them is the limit of `top`.
    maxRows: settings.maxRows ?? (settings.top === undefined ? 1000 : 20_000),
    top: settings.top === undefined ? undefined : { ...settings.top, other: settings.other ?? [] },
    derived: derivedOf(families, { means: settings.means, per: settings.per }),
    lookup: lookupOf(settings.lookup, settings.textLength),
    requires,
    columns,
    sql
  }
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
    return `"${text}" is neither a setting (${[...Object.keys(readers), 'requires'].join(', ')}) nor a column (label, suffix, help, key, within, cut, fingerprint, gauge, counter, untyped, histogram, arrivals)`
  }
  if (seen.has(key)) return `${key} is set twice`
  seen.add(key)
  return read(settings, value) ? undefined : `${key} is "${value}"; expected ${expected}`
}

function readRequirements(requires: Requirement[], value: string): string | undefined {
  for (const part of value.split(',').map((part) => part.trim())) {
    const requirement = parseRequirement(part)
    if (requirement === undefined) {
      return `requires is "${part}"; expected "server >= 14", "role primary", "role standby", "capability pg_monitor" or an extension as "pg_stat_statements >= 1.9"`
    }
    requires.push(requirement)
  }
  return undefined
}

/** A version with a dot is the required extension's, one without is PostgreSQL's major. */
function mistakeInVariant(variant: Version | undefined, requires: readonly Requirement[]): string | undefined {
  if (variant === undefined || variant.length === 1) return undefined
  const extensions = requires.filter((requirement) => requirement.kind === 'extension')
  return extensions.length === 1
    ? undefined
    : "a version with a dot in the file's name is that of an extension; the header requires not exactly one"
}

function parseTop(text: string): Pick<TopRows, 'limit' | 'by'> | undefined {
  const [, count = '', columns = ''] = /^(\d+) by (.+)$/.exec(text) ?? []
  const limit = positiveInteger(count)
  const by = listOf(columns)
  return limit === undefined || by === undefined ? undefined : { limit, by }
}

function listOf(text: string): readonly string[] | undefined {
  const names = text.split(',').map((name) => name.trim())
  return names.every((name) => /^[a-z][a-z0-9_]*$/.test(name)) ? names : undefined
}

function positiveInteger(text: string): number | undefined {
  return /^[1-9]\d*$/.test(text) ? Number(text) : undefined
}

function set<Key extends keyof Settings>(settings: Settings, key: Key, value: Settings[Key] | undefined): boolean {
  if (value === undefined) return false
  settings[key] = value
  return true
}
