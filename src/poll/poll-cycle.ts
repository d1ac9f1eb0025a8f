import { setTimeout as wait } from 'node:timers/promises'
import type { Clock } from '../clock.ts'
import type { Meter } from '../self/meter.ts'
import { readActivities } from '../server/activity.ts'
import { fileOf } from '../server/credential.ts'
import { type Listed, listDatabases } from '../server/discover.ts'
import { classOf, messageOf } from '../server/error-class.ts'
import { type Read, readIdentity, readSupportedFacts } from '../server/facts.ts'
import { findRefusals, recheck } from '../server/find-refusals.ts'
import { readLimits } from '../server/limits.ts'
import type { Refusal, Refusals } from '../server/refusals.ts'
import type { Connection, Database, Discovery } from '../server/server.ts'
import { openSession, type Session } from '../server/session.ts'
import type { CredentialUse } from './auth-failures.ts'
import type { DueQuery } from './due-query.ts'
import type { Found } from './found.ts'
import { credentialOf, type HeldConnection } from './held-connection.ts'
import { pollQuery } from './poll-query.ts'
import type { Cycle } from './polled-database.ts'
import type { ServerPoller } from './server-poller.ts'

/** The time that a database waits for the login of another database with the same credential. */
const patienceMs = 3000

export interface CycleOptions {
  readonly poller: ServerPoller
  readonly connection: HeldConnection
  readonly clock: Clock
  readonly meter: Meter
}

/** Runs one poll cycle of one database: connects if needed, reads facts, polls due queries. Never throws. */
export async function runPollCycle(name: string, { poller, connection, clock, meter }: CycleOptions): Promise<void> {
  const cycle = poller.begin(name, clock.now())
  if (cycle === undefined) return
  const server = poller.server.name
  const found = cycle.known ?? (await admitAndConnect(cycle, { poller, connection, clock, meter }))
  poller.learn(cycle, found, clock.now())
  for (let due = poller.next(cycle, clock.now()); due !== undefined; due = poller.next(cycle, clock.now())) {
    if (found.kind !== 'connected') break
    const outcome = await meter.during(pollQuery(found.session, due, clock))
    // In parts, the failure is that of single objects.
    const isOfParts = outcome.result !== undefined && due.query.parts !== undefined
    if (outcome.failure !== undefined && !isOfParts && poller.mayBeRefused(cycle, due, outcome.failure, clock.now())) {
      const refusals = await refusalsOf(found.session, due, poller.refusalsOf(cycle), clock.now())
      for (const { errorClass } of refusals) meter.failed({ server, datname: name, class: errorClass })
      // The query runs again without the refused functions and relations, or is skipped.
      if (poller.refused(cycle, due, refusals, clock.now())) continue
    }
    poller.done(cycle, due, outcome, clock.now())
    // The counters of a removed database are deleted and must not reappear.
    if (poller.databaseOf(cycle) === undefined) continue
    meter.polled({ server, datname: name }, outcome.seconds)
    const { failure, result, isUntried } = outcome
    if (failure !== undefined && !isUntried) meter.failed({ server, datname: name, class: failure.errorClass })
    if (result !== undefined) {
      const place = { server, datname: due.datname, query: due.query.name }
      meter.dropped(place, result.dropped)
      meter.textCut(place, result.textBytesCut ?? 0)
    }
  }
  await connection.endCycle(poller.finish(cycle, clock.now()))
}

/** Waits for the permit to connect, then connects. */
async function admitAndConnect(cycle: Cycle, options: CycleOptions): Promise<Found> {
  const { poller, connection, clock } = options
  const database = poller.databaseOf(cycle)
  if (database === undefined || poller.isDeferred(cycle.name)) return await defer(connection)
  const target = database.connection
  try {
    if (poller.isOfReplacedServer(cycle)) await connection.close()
    const credential = { credential: await credentialOf(target), database: database.name, file: fileOf(target.password) }
    const isRejected = poller.authFailures.current(credential, clock.now()) !== undefined
    // The password is read before the permit is acquired: a password command that hangs must not hold a permit.
    const isWanted = connection.sessionTo(target) === undefined && !isRejected
    const password = isWanted ? poller.passwords.read(target, credential.credential, clock.now()) : undefined
    await password?.catch(() => {})
    await connection.permit(target)
    const current = poller.databaseOf(cycle)
    // The configuration and the free connections may have changed during the wait.
    if (current === undefined || poller.isDeferred(cycle.name)) return await defer(connection)
    if (current.connection !== target) return await admitAndConnect(cycle, options)
    return await connect(cycle, database, credential, password, options)
  } catch (error) {
    return failed(error, cycle, undefined, options)
  }
}

async function defer(connection: HeldConnection): Promise<Found> {
  await connection.leave()
  return { kind: 'deferred' }
}

async function connect(
  cycle: Cycle,
  database: Database,
  credential: CredentialUse,
  password: Promise<string | undefined> | undefined,
  options: CycleOptions
): Promise<Found> {
  const { poller, connection, clock, meter } = options
  const startedAt = clock.now()
  try {
    const kept = connection.sessionTo(database.connection)
    const opened = kept ?? (await open(database.connection, credential, password, options))
    if ('message' in opened) return { kind: 'failed', failure: { errorClass: 'auth', message: opened.message }, credential }
    if (kept === undefined) meter.sessionOpened({ server: poller.server.name, datname: cycle.name })
    const isNew = kept === undefined
    connection.hold(opened)
    const wasRejected = isNew && poller.authFailures.succeeded(credential)
    const wanted = poller.wanted(cycle, opened, isNew, clock.now())
    const now = clock.now()
    const known = await recheck(opened, wanted.refusals, now)
    const { value: facts, refusals: ofFacts } = await readSupportedFacts(opened, known, now)
    const { value: activities, refusals: ofActivities } = await readActivities(opened, facts.version, ofFacts, now)
    const { value: identity, refusals: ofIdentity } = await readIf(wanted.identity, ofActivities, (all) => readIdentity(opened, all, now))
    const { value: limits, refusals: ofLimits } = await readIf(wanted.limits, ofIdentity, (all) => readLimits(opened, all, now))
    const { discovery } = wanted
    const { value: listed, refusals } =
      discovery === undefined ? { value: undefined, refusals: ofLimits } : await list(opened, discovery, ofLimits, now)
    const server = poller.server.name
    for (const [key, refusal] of refusals) {
      if (wanted.refusals.get(key) !== refusal) meter.failed({ server, datname: cycle.name, class: refusal.errorClass })
    }
    const seconds = (clock.now() - startedAt) / 1000
    return {
      kind: 'connected',
      session: opened,
      isNew,
      facts,
      activities,
      identity,
      limits: wanted.limits ? { value: limits } : undefined,
      listed,
      refusals,
      wasRejected,
      seconds
    }
  } catch (error) {
    await connection.close()
    return failed(error, cycle, credential, options)
  }
}

/**
 * Opens a session. If a login with the same credential is in progress, waits for it. Returns the failure if the
 * credential is rejected.
 */
async function open(
  target: Connection,
  credential: CredentialUse,
  password: Promise<string | undefined> | undefined,
  { poller: { authFailures, passwords }, connection, clock }: CycleOptions
): Promise<Session | { readonly message: string }> {
  const other = authFailures.attempt(credential)
  if (other !== undefined) await Promise.race([other, wait(patienceMs, undefined, { ref: false })])
  const rejected = authFailures.current(credential, clock.now())
  if (rejected !== undefined) return rejected
  const read = password ?? passwords.read(target, credential.credential, clock.now())
  const attempt = openSession(target, read, connection.startup).catch((error: unknown) => {
    if (classOf(error) === 'auth') {
      authFailures.failed(credential, error, messageOf(error), clock.now())
      passwords.forget(credential.credential)
    }
    throw error
  })
  authFailures.started(
    credential,
    attempt.catch(() => {})
  )
  return await attempt
}

async function readIf<Value>(
  isWanted: boolean,
  refusals: Refusals,
  read: (known: Refusals) => Promise<Read<Value | undefined>>
): Promise<Read<Value | undefined>> {
  return isWanted ? await read(refusals) : { value: undefined, refusals }
}

async function list(
  session: Session,
  discovery: Discovery,
  refusals: Refusals,
  now: number
): Promise<Read<readonly Listed[] | { readonly message: string }>> {
  try {
    return await listDatabases(session, discovery, refusals, now)
  } catch (error) {
    return { value: { message: messageOf(error) }, refusals }
  }
}

/** Finds the refusals of a query that failed; none if the session was lost. */
async function refusalsOf(session: Session, { query, sql }: DueQuery, known: Refusals, now: number): Promise<readonly Refusal[]> {
  try {
    const options = { timeoutSeconds: query.timeoutSeconds, maxRows: 1, parameters: [null] }
    return await findRefusals(session, { name: query.name, sql, options }, known, now)
  } catch {
    return []
  }
}

function failed(error: unknown, cycle: Cycle, credential: CredentialUse | undefined, { poller, meter }: CycleOptions): Found {
  const failure = { errorClass: classOf(error), message: messageOf(error) }
  const isPolled = poller.databaseOf(cycle) !== undefined
  if (isPolled) meter.failed({ server: poller.server.name, datname: cycle.name, class: failure.errorClass })
  return { kind: 'failed', failure, credential }
}
