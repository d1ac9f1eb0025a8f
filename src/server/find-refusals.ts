import { type ErrorClass, messageOf } from './error-class.ts'
import type { Answer } from './received-answer.ts'
import { anyArguments, type Refusal, type Refusals, withoutRefused } from './refusals.ts'
import type { RunOptions, Session } from './session.ts'
import { type SqlPart, sqlParts } from './sql-parts.ts'

/** The time after which a refused function or relation is tried again. A restart of the server or a change of the facts ends this time. */
const retryMs = 3_600_000

/** The SQLSTATEs of permanent refusals. Source: PostgreSQL's documentation, "PostgreSQL Error Codes". */
const refusing: Readonly<Record<string, ErrorClass>> = {
  '0A000': 'unsupported',
  '42501': 'privilege',
  '42883': 'unsupported',
  '42P01': 'unsupported',
  // Amazon Aurora raises it for pg_current_wal_lsn(), PostgreSQL for functions that depend on recovery or on a library.
  '55000': 'unsupported'
}

/** A statement that failed. */
export interface Failed {
  /** The name of the query, unique among the statements of the database. */
  readonly name: string
  readonly sql: string
  readonly options: RunOptions
}

/**
 * Finds the functions and relations that the server refuses in a statement that failed. Each is evaluated alone if possible;
 * otherwise the statement runs without it. Messages are not evaluated, because they may be translated. Returns an empty list
 * if the statement fails for another reason. Throws if the session was lost.
 */
export async function findRefusals(session: Session, failed: Failed, known: Refusals, now: number): Promise<readonly Refusal[]> {
  const { name, sql, options } = failed
  const attempt = async (statement: string) => await refusalOf(session, statement, options)
  const parts = new Map(sqlParts(sql).map((part) => [part.key, part]))
  for (const key of [...parts.keys()]) if (known.has(key)) parts.delete(key)
  const make = async (part: SqlPart, key: string, raised: Raised, probe: string): Promise<Refusal> => ({
    key,
    ...raised,
    probe,
    ...(await readObject(session, part)),
    isMissing: isMissing(raised),
    retryAt: now + retryMs
  })
  const found: Refusal[] = []
  const suspected: Refusal[] = []
  for (const part of parts.values()) {
    const isRefused = known.has(anyArguments(part)) || found.some(({ key }) => key === anyArguments(part))
    const raised = part.probe === undefined || isRefused ? undefined : await attempt(part.probe)
    if (raised === undefined || part.probe === undefined || raised === 'other') continue
    // The role may be permitted to read only some columns of a catalog.
    const isReadable =
      !part.isCall &&
      raised.errorClass === 'privilege' &&
      (await attempt(`select from ${sql.slice(part.start, part.end)} limit 1`)) === undefined
    if (isReadable) continue
    // A missing object outside pg_catalog may be created later.
    if (isMissing(raised) && part.schema !== 'pg_catalog') continue
    // A function that depends on recovery fails if it is evaluated alone, but a CASE in the statement may prevent the call.
    const isCertain = raised.code !== '55000'
    const key = isOfFunction(raised) && part.isCall && part.key !== `${part.schema}.${part.name}()` ? anyArguments(part) : part.key
    const isKnown = found.some((one) => one.key === key)
    if (!isKnown) (isCertain ? found : suspected).push(await make(part, key, raised, part.probe))
  }
  const runsWithout = async (...more: readonly Refusal[]): Promise<boolean | undefined> => {
    const { sql: rest } = withoutRefused(sql, new Map([...known.values(), ...found, ...more].map((one) => [one.key, one])))
    if (rest === undefined) return undefined
    return (await attempt(rest)) === undefined
  }
  if (found.length > 0 && (await runsWithout()) !== false) return found
  if (suspected.length > 0 && (await runsWithout(...suspected)) !== false) return [...found, ...suspected]
  const raised = await attempt(withoutRefused(sql, new Map([...known.values(), ...found].map((one) => [one.key, one]))).sql ?? sql)
  const isReduced = withoutRefused(sql, known).refused.length > 0
  if (raised === undefined || (raised === 'other' && !isReduced)) return found
  const called = new Map(
    raised === 'other'
      ? []
      : [...parts.values()].filter(({ isCall, probe }) => isCall && probe === undefined).map((part) => [part.name, part])
  )
  for (const part of called.values()) {
    const { isGranted } = await readObject(session, part)
    // An error of one row, such as a database without CONNECT, does not apply to the function in other queries.
    const isOwn = raised === 'other' || (raised.errorClass === 'privilege' && isGranted === undefined)
    if (isOwn) continue
    const refusal = await make(part, anyArguments(part), raised, sql)
    if ((await runsWithout(...suspected, refusal)) === true) return [...found, refusal]
  }
  if (raised !== 'other' && isMissing(raised) && !isReduced) return found
  // The statement is invalid without its refused functions and relations.
  const { errorClass, message } =
    raised === 'other'
      ? { errorClass: 'unsupported' as const, message: 'it cannot run without the refused functions and relations' }
      : raised
  return [
    ...found,
    { key: `query ${name}`, errorClass, message, probe: sql, isGranted: undefined, isMissing: false, isRow: false, retryAt: now + retryMs }
  ]
}

/** Tries again the refusals that are due. Returns those that remain. Throws if the session was lost. */
export async function recheck(session: Session, refusals: Refusals, now: number): Promise<Refusals> {
  const isGranted = await readGrants(session, refusals)
  const remaining = new Map<string, Refusal>()
  for (const [key, refusal] of refusals) {
    if (isGranted.has(key)) continue
    if (now < refusal.retryAt) {
      remaining.set(key, refusal)
    } else {
      const options = { timeoutSeconds: 5, maxRows: 1, parameters: /\$1\b/.test(refusal.probe) ? [null] : [] }
      const raised = await refusalOf(session, refusal.probe, options)
      if (raised !== undefined) remaining.set(key, { ...refusal, retryAt: now + retryMs })
    }
  }
  const isSame = remaining.size === refusals.size && [...remaining].every(([key, one]) => refusals.get(key) === one)
  return isSame ? refusals : remaining
}

/** The result of a statement that is not a query file, and all known refusals of the database. */
interface Ran {
  /** Undefined if the statement is refused as a whole. */
  readonly answer: Answer | undefined
  readonly refusals: Refusals
  readonly message: string
}

/** Runs a statement that is not a query file without its refused functions and relations. */
export async function runSupported(session: Session, failed: Failed, known: Refusals, now: number): Promise<Ran> {
  const { sql, refused } = withoutRefused(failed.sql, known)
  const whole = known.get(`query ${failed.name}`) ?? (sql === undefined ? refused.at(-1) : undefined)
  const message = whole?.message ?? ''
  if (sql === undefined || whole !== undefined) return { answer: undefined, refusals: known, message }
  try {
    return { answer: await session.run(sql, failed.options), refusals: known, message }
  } catch (error) {
    if (!session.isOpen() || asRefusal(error) === undefined) throw error
    const found = await findRefusals(session, failed, known, now)
    if (found.length === 0) throw error
    return await runSupported(session, failed, new Map([...known, ...found.map((one) => [one.key, one] as const)]), now)
  }
}

interface Raised {
  readonly code: string
  readonly errorClass: ErrorClass
  readonly message: string
}

/** Runs a statement. Returns its refusal, `other` after another error, undefined after a success. */
async function refusalOf(session: Session, sql: string, options: RunOptions): Promise<Raised | 'other' | undefined> {
  try {
    await session.run(sql, { ...options, maxRows: 1, parameters: /\$1\b/.test(sql) ? (options.parameters ?? []) : [] })
    return undefined
  } catch (error) {
    if (!session.isOpen()) throw error
    return asRefusal(error) ?? 'other'
  }
}

function asRefusal(error: unknown): Raised | undefined {
  const { code } = error as { readonly code?: unknown }
  const errorClass = typeof code === 'string' ? refusing[code] : undefined
  return errorClass === undefined ? undefined : { code: String(code), errorClass, message: messageOf(error) }
}

/** Whether the error applies to the function with any arguments. */
function isOfFunction({ code }: Raised): boolean {
  return code === '0A000' || code === '42883'
}

function isMissing({ code }: Raised): boolean {
  return code === '42883' || code === '42P01'
}

/** Whether a function returns one row, and the privilege check of a function or relation whose privilege is missing. */
async function readObject(session: Session, { schema, name, isCall }: SqlPart): Promise<Pick<Refusal, 'isRow' | 'isGranted'>> {
  const [schemaText, nameText] = [schema, name].map((text) => `'${text.replaceAll("'", "''")}'`)
  const granted = isCall
    ? `(
  select pg_catalog.bool_and(pg_catalog.has_schema_privilege(n.oid, 'usage') and pg_catalog.has_function_privilege(p.oid, 'execute'))
  from pg_catalog.pg_proc as p
  join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
  where n.nspname = ${schemaText} and p.proname = ${nameText}
)`
    : `(
  select pg_catalog.bool_and(pg_catalog.has_schema_privilege(n.oid, 'usage') and pg_catalog.has_any_column_privilege(c.oid, 'select'))
  from pg_catalog.pg_class as c
  join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
  where n.nspname = ${schemaText} and c.relname = ${nameText}
)`
  const isRow = isCall
    ? `(
  select pg_catalog.bool_and(not p.proretset)
  from pg_catalog.pg_proc as p
  join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
  where n.nspname = ${schemaText} and p.proname = ${nameText}
)`
    : 'false'
  try {
    const { rows } = await session.run(`select ${granted}, ${isRow}`, { timeoutSeconds: 5, maxRows: 1 })
    return { isGranted: rows[0]?.[0] === 'f' ? granted : undefined, isRow: rows[0]?.[1] === 't' }
  } catch (error) {
    if (!session.isOpen()) throw error
    return { isGranted: undefined, isRow: false }
  }
}

/** The keys of refusals whose privilege has been granted. */
async function readGrants(session: Session, refusals: Refusals): Promise<ReadonlySet<string>> {
  const checks = [...refusals.values()].flatMap(({ key, isGranted }) => (isGranted === undefined ? [] : [{ key, isGranted }]))
  if (checks.length === 0) return new Set()
  try {
    const { rows } = await session.run(`select ${checks.map((one) => one.isGranted).join(', ')}`, { timeoutSeconds: 5, maxRows: 1 })
    return new Set(checks.filter((_, index) => rows[0]?.[index] === 't').map(({ key }) => key))
  } catch (error) {
    if (!session.isOpen()) throw error
    return new Set()
  }
}
