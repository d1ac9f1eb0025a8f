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

/**
 * The status of all servers, or of the databases of these teams and of their servers. `now` is in milliseconds of the clock.
 * A team sees whether a server-wide query succeeded, but not in which database of another team it ran and why it failed
 * there: the message may contain names or texts of that database.
 */
export function readStatus(version: string, servers: readonly PolledServer[], now: number, teams?: ReadonlySet<string>): Status {
  const all = servers.map((one) => ({ one, isVisible: visibilityOf(one, teams) }))
  const visible = teams === undefined ? all : all.filter(({ one, isVisible }) => one.server.databases.some(({ name }) => isVisible(name)))
  return {
    version,
    servers: visible.map(({ one: { server, states, plan, snapshots }, isVisible }) => ({
      name: server.name,
      detail: server.detail,
      databases: states
        .filter(({ name }) => isVisible(name))
        .map((state) => ({ ...databaseStatus(state), detail: detailOf(server, state) })),
      queries: plan.all
        .filter(({ datname }) => datname === '' || isVisible(datname))
        .map((planned) => {
          const status = queryStatus(planned, snapshots.get(planned.datname, planned.query.name), now)
          return isVisible(planned.database) ? status : { ...status, database: '(server)', about: '' }
        })
    }))
  }
}

/** Whether a database may be shown: every one without teams, otherwise those that the teams own. */
function visibilityOf({ server }: PolledServer, teams: ReadonlySet<string> | undefined): (name: string) => boolean {
  if (teams === undefined) return () => true
  const owned = new Set(server.databases.filter(({ team }) => team !== '' && teams.has(team)).map(({ name }) => name))
  return (name) => owned.has(name)
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
