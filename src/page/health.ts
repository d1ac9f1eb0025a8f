import { type FamilyText, renderLabels, renderNumber } from '../metric/exposition.ts'
import type { Family, Sample } from '../metric/sample.ts'
import type { PlannedQuery } from '../plan/plan-queries.ts'
import { type DatabaseState, isDown, wasTried } from '../poll/polled-database.ts'
import { isFresh, type Snapshot } from '../poll/snapshots.ts'
import { capabilities } from '../server/capability.ts'
import { trackingSettings } from '../server/tracking.ts'

/** The state of one server. */
export interface ServerHealth {
  readonly server: string
  readonly states: readonly DatabaseState[]
  /** The databases that would be discovered if the role could connect. */
  readonly closed?: readonly string[]
  /** The planned queries. */
  readonly plan?: readonly PlannedQuery[]
  /** The owner of each configured database. */
  readonly teams: ReadonlyMap<string, string>
  readonly openSessions: number
  /** The interval of each database's poll cycles, in seconds. */
  readonly intervals: ReadonlyMap<string, number>
  /** The end of each database's last poll cycle, as a Unix timestamp; before its first, the time at which it was added. */
  readonly cycleEnds: ReadonlyMap<string, number>
  /** The budgeted interval: that of poll cycles that cost 30 ms each, in seconds. */
  readonly budgetedInterval: number
  /** Whether the last discovery succeeded; undefined if discovery is not configured or was not attempted yet. */
  readonly isDiscovered: boolean | undefined
  /** The number of other configured servers that are the same running server. */
  readonly duplicates: number
  /** Disk sizes and quotas. */
  readonly capacity: readonly Sample[]
}

const gauge = (name: string, help: string): Family => ({ name, type: 'gauge', help })

const up = gauge('pg_up', 'Whether the last poll cycle of at least one database of the server connected; absent while this is unknown.')
const databaseUp = gauge(
  'pg_database_up',
  'Whether the last poll cycle of the database connected; absent if it attempted no connection, and for a discovered database that has never accepted one.'
)
const databaseInfo = gauge('pg_database_info', 'Always 1, one series for each database that other series name, with the team that owns it.')
const databaseState = gauge(
  'pgvitals_database_state',
  'Always 1, one series per database: reason is up, not_polled, not_permitted (a discovered database that has never accepted a connection), or the error class of the last poll cycle.'
)
const pollInterval = gauge(
  'pgvitals_database_poll_interval_seconds',
  'Shortest interval at which database-wide queries are polled: 15 s, or the scrape interval up to a minute. It grows further if poll cycles would use more than their share of a core on the server (poll_cost_percent).'
)
const cycleEnd = gauge(
  'pgvitals_poll_cycle_timestamp_seconds',
  'End of the last poll cycle of the database, as a Unix timestamp; before the first one, the time at which the database was added. Absent while the database is down, not permitted, or not polled because the server has too few free connections.'
)
const budgetedPollInterval = gauge(
  'pgvitals_poll_interval_budgeted_seconds',
  'Interval at which all databases of the server could be polled within the share of a core (poll_cost_percent) if each poll cycle used 30 ms of CPU, the cost of a database with ten tables.'
)
const discovery = gauge(
  'pgvitals_discovery_success',
  'Whether the last discovery of databases succeeded; after a failure the last list is kept. Absent if discovery is not configured.'
)
const capability = gauge(
  'pgvitals_capability',
  'Whether the role has the capability, or the setting enables counting in all databases; 0 is a blind spot, except for rows that other databases contribute. datname is empty for settings and for capabilities that only one database of the server needs.'
)
const certificateExpiry = gauge(
  'pgvitals_tls_certificate_expiry_timestamp_seconds',
  'Expiry time of the server certificate seen by the last session, as a Unix timestamp; absent without TLS.'
)
const sessionsOpen = gauge('pgvitals_sessions_open', 'Open sessions of pgvitals on the server.')
const identities = gauge(
  'pgvitals_server_identities',
  'Distinct running servers that responded at the address of this server; more than 1 behind a pooler or a reader endpoint.'
)
const duplicates = gauge('pgvitals_server_duplicates', 'Other configured servers that are the same running server.')
const success = gauge(
  'pgvitals_query_success',
  'Whether the last poll of the query succeeded; datname is empty for a server-wide query, or the database that contributes its own rows to it. A database that is down has one series with an empty query and the value 0; its single queries are exported until their results expire.'
)
const refusedPart = gauge(
  'pgvitals_query_refused',
  'Always 1, one series per function or relation (label part) of a query that the server refuses; the columns that depend on it are not exported. part is the query itself if the whole query is refused. It is tried again after an hour, a restart of the server or a change of the role.'
)
const duration = gauge('pgvitals_query_duration_seconds', 'Duration of the last poll of the query.')
const rows = gauge('pgvitals_query_rows', 'Rows returned by the last successful poll of the query.')
const timestamp = gauge('pgvitals_snapshot_timestamp_seconds', 'Time of the last successful poll of the query, as a Unix timestamp.')

/** The metric families of this module with their labels, for the documentation. */
export const healthFamilies: readonly (readonly [Family, string])[] = [
  [up, 'server'],
  [databaseUp, 'server, datname'],
  [databaseInfo, 'server, datname, team'],
  [databaseState, 'server, datname, reason'],
  [pollInterval, 'server, datname'],
  [cycleEnd, 'server, datname'],
  [budgetedPollInterval, 'server'],
  [discovery, 'server'],
  [capability, 'server, datname, capability'],
  [certificateExpiry, 'server, datname'],
  [sessionsOpen, 'server'],
  [identities, 'server'],
  [duplicates, 'server'],
  [success, 'server, datname, query'],
  [refusedPart, 'server, datname, query, part, class'],
  [duration, 'server, datname, query'],
  [rows, 'server, datname, query'],
  [timestamp, 'server, datname, query']
]

/**
 * The state of servers and of selected databases as samples. Unknown values are absent. `datnames` are the databases of
 * other series, by server.
 */
export function healthSamples(
  servers: readonly ServerHealth[],
  datnames: ReadonlyMap<string, ReadonlySet<string>>,
  isSelected: (server: string, datname: string) => boolean = () => true
): readonly Sample[] {
  return servers.flatMap((health) => {
    const { server, states: all, teams, openSessions, cycleEnds, isDiscovered, capacity } = health
    const isOwn = (datname: string) => isSelected(server, datname)
    const states = all.filter(({ name }) => isOwn(name))
    const closed = (health.closed ?? []).filter(isOwn)
    const plan = (health.plan ?? []).filter(({ datname }) => isOwn(datname))
    const intervals = [...health.intervals].filter(([datname]) => isOwn(datname))
    const one = (family: Family, value: number, more = {}): Sample => ({ family, labels: { server, ...more }, value })
    const known = new Set(
      all.flatMap(({ isUp, identity }) => (isUp && identity?.systemIdentifier ? `${identity.systemIdentifier} ${identity.startTime}` : []))
    )
    const named = new Set([...states.map(({ name }) => name), ...closed, ...[...(datnames.get(server) ?? [])].filter(isOwn)])
    const isUp = all.some((state) => state.isUp)
    return [
      // The server is up if one database responds, and down only after a connection to every database was attempted.
      ...(isUp || all.filter(({ isNotPermitted }) => !isNotPermitted).every(wasTried) ? [one(up, isUp ? 1 : 0)] : []),
      one(sessionsOpen, openSessions),
      ...(isDiscovered === undefined ? [] : [one(discovery, isDiscovered ? 1 : 0)]),
      ...states.map((state) => one(databaseState, 1, { datname: state.name, reason: reasonOf(state) })),
      ...closed.map((datname) => one(databaseState, 1, { datname, reason: 'not_permitted' })),
      ...(health.intervals.size === 0 ? [] : [one(budgetedPollInterval, health.budgetedInterval)]),
      ...intervals.map(([datname, seconds]) => one(pollInterval, seconds, { datname })),
      // A cycle is overdue only if the last one connected, or none has ended.
      ...states.flatMap(({ name: datname, isUp, failure }) => {
        const endedAt = isUp || failure === undefined ? cycleEnds.get(datname) : undefined
        return endedAt === undefined ? [] : [one(cycleEnd, endedAt, { datname })]
      }),
      ...capacity.filter(({ labels: { datname = '' } }) => isOwn(datname)),
      ...(known.size > 0 ? [one(identities, known.size), one(duplicates, health.duplicates)] : []),
      ...states.filter(wasTried).map(({ name, isUp }) => one(databaseUp, isUp ? 1 : 0, { datname: name })),
      ...states.filter(isDown).map(({ name }) => one(success, 0, { datname: name, query: '' })),
      ...states.flatMap(({ name, certificateExpiry: expiry }) =>
        expiry === undefined ? [] : [one(certificateExpiry, expiry, { datname: name })]
      ),
      ...[...named].sort().map((datname) => one(databaseInfo, 1, { datname, team: teams.get(datname) ?? '' })),
      ...plan.flatMap(({ query, datname, refused = [] }) =>
        refused.map(({ key, errorClass }) => one(refusedPart, 1, { datname, query: query.name, part: key, class: errorClass }))
      ),
      ...[...capabilitiesOf(all, isOwn), ...trackingOf(all)].map(({ datname, name, has }) =>
        one(capability, has ? 1 : 0, { datname, capability: name })
      )
    ]
  })
}

/**
 * The snapshots whose queries are exported one by one. A database that is down has one series for all of its queries, so
 * that unreachable servers cost few series; its queries keep their own until their results expire.
 */
export function exportedQueries(snapshots: readonly Snapshot[], servers: readonly ServerHealth[], now: number): readonly Snapshot[] {
  const down = new Set(servers.flatMap(({ server, states }) => downOf(states).map((datname) => placeOf(server, datname))))
  if (down.size === 0) return snapshots
  return snapshots.filter((snapshot) => !down.has(placeOf(snapshot.server, snapshot.datname)) || isFresh(snapshot, now))
}

/** The databases that are down, and `''` for server-wide queries if no database is up. */
function downOf(states: readonly DatabaseState[]): readonly string[] {
  const down = states.filter(isDown).map(({ name }) => name)
  return down.length > 0 && states.every(({ isUp }) => !isUp) ? [...down, ''] : down
}

function placeOf(server: string, datname: string): string {
  return `${server}\n${datname}`
}

function capabilitiesOf(states: readonly DatabaseState[], isOwn: (datname: string) => boolean) {
  const roles = states.flatMap(({ name: datname, isUp, facts }) =>
    isUp && facts !== undefined ? [{ datname, isShown: isOwn(datname), has: facts.capabilities }] : []
  )
  return capabilities.flatMap(({ name, isServerWide }) => {
    if (isServerWide && roles.length > 0) return [{ datname: '', name, has: roles.some(({ has }) => has.has(name)) }]
    return roles.flatMap(({ datname, isShown, has }) => (isShown ? [{ datname, name, has: has.has(name) }] : []))
  })
}

/** Settings whose state is unknown in every database are absent. */
function trackingOf(states: readonly DatabaseState[]) {
  return trackingSettings.flatMap(({ name }) => {
    const known = states.flatMap(({ isUp, facts }) => (isUp ? (facts?.tracking.get(name)?.isOn ?? []) : []))
    return known.length > 0 ? [{ datname: '', name, has: known.every(Boolean) }] : []
  })
}

function reasonOf({ isUp, failure, isNotPermitted }: DatabaseState): string {
  if (isNotPermitted) return 'not_permitted'
  return isUp ? 'up' : (failure?.errorClass ?? 'not_polled')
}

/** The lines of one snapshot, by family. */
type SnapshotLines = readonly (readonly [Family, string])[]

/** Renders the last poll of each query directly as text, because there are many. The lines of a snapshot are rendered once. */
export class QueryLines {
  #unixOffsetMs = 0
  #known = new WeakMap<Snapshot, SnapshotLines>()

  /** `unixOffsetMs` is the Unix time at time 0 of the clock. */
  texts(snapshots: readonly Snapshot[], unixOffsetMs: number): readonly FamilyText[] {
    if (unixOffsetMs !== this.#unixOffsetMs) this.#known = new WeakMap()
    this.#unixOffsetMs = unixOffsetMs
    const lines = new Map<Family, string[]>([success, duration, rows, timestamp].map((family) => [family, []]))
    for (const snapshot of snapshots) {
      const own = this.#known.get(snapshot) ?? linesOf(snapshot, unixOffsetMs)
      this.#known.set(snapshot, own)
      for (const [family, line] of own) lines.get(family)?.push(line)
    }
    return [...lines].map(([family, text]) => ({ family, datname: '', text: Buffer.from(text.join('')), samples: text.length }))
  }
}

function linesOf({ server, datname, query, failure, seconds, rows: count, succeededAt }: Snapshot, unixOffsetMs: number): SnapshotLines {
  const labels = renderLabels({ server, datname, query })
  const line = (family: Family, value: number) => [family, `${family.name}${labels} ${renderNumber(value)}\n`] as const
  return [
    line(success, failure === undefined ? 1 : 0),
    line(duration, seconds),
    ...(succeededAt === undefined ? [] : [line(rows, count), line(timestamp, Math.round(succeededAt + unixOffsetMs) / 1000)])
  ]
}
