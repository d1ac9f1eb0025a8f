import type { PlannedQuery } from '../plan/plan-queries.ts'
import type { DatabaseState } from '../poll/polled-database.ts'
import type { Snapshot, Snapshots } from '../poll/snapshots.ts'
import type { Detail } from '../query/detail.ts'
import { formatVersion } from '../query/version.ts'
import { missingGrants } from '../server/missing-grants.ts'
import type { Refusal } from '../server/refusals.ts'
import type { Server } from '../server/server.ts'
import { trackingSettings } from '../server/tracking.ts'

/** The contents of the status page and of /api/status. */
export interface Status {
  readonly version: string
  readonly servers: readonly ServerStatus[]
}

export interface ServerStatus {
  readonly name: string
  readonly detail: Detail
  readonly databases: readonly DatabaseStatus[]
  readonly queries: readonly QueryStatus[]
}

export interface DatabaseStatus {
  readonly name: string
  readonly isUp: boolean
  /** The version and role, or the reason why the database is not up. */
  readonly about: string
  readonly detail: Detail
  /** The blind spots of the role, each with the grant that removes it. */
  readonly blindSpots: readonly string[]
}

export interface QueryStatus {
  readonly name: string
  readonly database: string
  readonly state: 'ok' | 'failed' | 'skipped' | 'not polled yet'
  /** The reason why it failed or is skipped. */
  readonly about: string
  readonly intervalSeconds: number
  readonly ageSeconds: number | undefined
  readonly seconds: number | undefined
  readonly samples: number
}

/** The properties of a server that its status depends on. */
export interface PolledServer {
  readonly server: Pick<Server, 'name' | 'detail' | 'databases'>
  readonly states: readonly DatabaseState[]
  readonly plan: { readonly all: readonly PlannedQuery[] }
  readonly snapshots: Snapshots
}

/** The status of all servers. `now` is in milliseconds of the clock. */
export function readStatus(version: string, servers: readonly PolledServer[], now: number): Status {
  return {
    version,
    servers: servers.map(({ server, states, plan, snapshots }) => ({
      name: server.name,
      detail: server.detail,
      databases: states.map((state) => ({ ...databaseStatus(state), detail: detailOf(server, state) })),
      queries: plan.all.map((planned) => queryStatus(planned, snapshots.get(planned.datname, planned.query.name), now))
    }))
  }
}

/** The level of detail of a declared or discovered database. */
function detailOf({ detail, databases }: PolledServer['server'], { name }: DatabaseState): Detail {
  return databases.find((database) => database.name === name)?.detail ?? detail
}

function databaseStatus({ name, isUp, facts, failure, isNotPermitted }: DatabaseState): Omit<DatabaseStatus, 'detail'> {
  if (isNotPermitted) return { name, isUp: false, about: `not permitted to connect: ${failure?.message}`, blindSpots: [] }
  if (!isUp || facts === undefined) return { name, isUp: false, about: failure?.message ?? 'not polled yet', blindSpots: [] }
  return {
    name,
    isUp,
    about: `PostgreSQL ${formatVersion(facts.version)}, ${facts.isStandby ? 'standby' : 'primary'}, as ${facts.role}`,
    blindSpots: [
      ...missingGrants(facts).map(
        ({ blindSpots, cause, statements }) => `${blindSpots.join('; ')}: ${[cause ?? [], ...statements].flat().join('; ')}`
      ),
      ...trackingSettings
        .filter(({ name }) => facts.tracking.get(name)?.isOn === false)
        .map(({ name, effect }) => `${name} is disabled: ${effect}`)
    ]
  }
}

function queryStatus(
  { query, database, datname, skipped, refused = [] }: PlannedQuery,
  snapshot: Snapshot | undefined,
  now: number
): QueryStatus {
  const polled = snapshot === undefined ? 'not polled yet' : 'ok'
  const withoutText = (all: readonly Refusal[]) =>
    all.length === 0 ? '' : `without ${all.map(({ key, message }) => `${key}: ${message}`).join('; ')}`
  return {
    name: query.name,
    database: datname === '' ? `(server, by ${database})` : database,
    state: skipped !== undefined ? 'skipped' : snapshot?.failure !== undefined ? 'failed' : polled,
    about: skipped ?? snapshot?.failure?.message ?? withoutText(refused),
    intervalSeconds: snapshot?.intervalSeconds ?? query.intervalSeconds,
    ageSeconds: snapshot?.succeededAt === undefined ? undefined : (now - snapshot.succeededAt) / 1000,
    seconds: snapshot?.seconds,
    samples: snapshot?.texts.reduce((sum, text) => sum + text.samples, 0) ?? 0
  }
}
