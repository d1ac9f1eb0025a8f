import { type FamilyText, renderLabels, renderNumber } from '../metric/exposition.ts'
import type { Family, Sample } from '../metric/sample.ts'
import { capabilities } from '../server/capability.ts'
import type { DatabaseState } from './database-state.ts'
import type { Snapshot } from './snapshots.ts'

/** What is reported of one server. */
export interface ServerHealth {
  readonly server: string
  readonly states: readonly DatabaseState[]
  /** The owner of each configured database. */
  readonly teams: ReadonlyMap<string, string>
  readonly openSessions: number
  /** How often each database is visited. */
  readonly visitIntervals: ReadonlyMap<string, number>
  /** Whether the last discovery succeeded; undefined where none is wanted or none was tried. */
  readonly isDiscovered: boolean | undefined
  /** How many other configured servers are the same running server under another name. */
  readonly twins: number
  /** How much room the server and its databases have. */
  readonly capacity: readonly Sample[]
}

const gauge = (name: string, help: string): Family => ({ name, type: 'gauge', help })

const up = gauge('pg_up', 'Whether the server answered the last visit to at least one of its databases.')
const databaseUp = gauge('pg_database_up', 'Whether the database answered the last visit.')
const databaseInfo = gauge('pg_database_info', 'A database that other series name, and the team that owns it.')
const databaseState = gauge(
  'pgvitals_database_state',
  'How the database is, one series at a time: reason is up, not_visited, or the class of the error that the last visit ended with.'
)
const visitInterval = gauge(
  'pgvitals_visit_interval_seconds',
  'How often database-wide queries are asked at most: the shortest interval, stretched where visits would cost the server more than 2 % of a core.'
)
const discovery = gauge(
  'pgvitals_discovery_success',
  'Whether the databases of the server could be discovered the last time; until they can, the last list serves.'
)
const capability = gauge(
  'pgvitals_capability',
  'Whether the role may see what the capability gives; 0 means blind, not zero. datname is empty where one database is enough for the server.'
)
const certificateExpiry = gauge(
  'pgvitals_tls_certificate_expiry_timestamp_seconds',
  "When the server's certificate expires that the last session saw, in seconds since 1970; absent without TLS."
)
const sessionsOpen = gauge('pgvitals_sessions_open', 'Sessions that pgvitals holds on the server.')
const identities = gauge(
  'pgvitals_server_identities',
  'Different running servers that answer under this name; more than 1 behind a pooler or a reader endpoint.'
)
const twins = gauge('pgvitals_server_twins', 'Other configured servers that are this same running server under another name.')
const success = gauge('pgvitals_query_success', 'Whether the last poll of the query succeeded; datname is empty for a server-wide query.')
const duration = gauge('pgvitals_query_duration_seconds', 'Duration of the last poll of the query.')
const rows = gauge('pgvitals_query_rows', 'Rows of the last answer of the query.')
const age = gauge('pgvitals_snapshot_age_seconds', 'Age of the last answer of the query.')

/** The families that are made here, for the page of all metrics. */
export const healthFamilies: readonly (readonly [Family, string])[] = [
  [up, 'server'],
  [databaseUp, 'server, datname'],
  [databaseInfo, 'server, datname, team'],
  [databaseState, 'server, datname, reason'],
  [visitInterval, 'server, datname'],
  [discovery, 'server'],
  [capability, 'server, datname, capability'],
  [certificateExpiry, 'server, datname'],
  [sessionsOpen, 'server'],
  [identities, 'server'],
  [twins, 'server'],
  [success, 'server, datname, query'],
  [duration, 'server, datname, query'],
  [rows, 'server, datname, query'],
  [age, 'server, datname, query']
]

/** The state of servers and databases as samples; what is not known yet is absent. */
export function healthSamples(servers: readonly ServerHealth[], datnames: ReadonlyMap<string, ReadonlySet<string>>): readonly Sample[] {
  return servers.flatMap((health) => {
    const { server, states, teams, openSessions, visitIntervals, isDiscovered, twins: others, capacity } = health
    const one = (family: Family, value: number, more = {}): Sample => ({ family, labels: { server, ...more }, value })
    const known = new Set(
      states.flatMap(({ isUp, identity }) => (isUp && identity ? `${identity.systemIdentifier} ${identity.startTime}` : []))
    )
    const named = new Set([...states.map(({ name }) => name), ...(datnames.get(server) ?? [])])
    return [
      // One that answers is enough to be up; to be down every database must have been tried.
      ...(states.some(({ isUp }) => isUp) || states.every(wasVisited) ? [one(up, states.some(({ isUp }) => isUp) ? 1 : 0)] : []),
      one(sessionsOpen, openSessions),
      ...(isDiscovered === undefined ? [] : [one(discovery, isDiscovered ? 1 : 0)]),
      ...states.map((state) => one(databaseState, 1, { datname: state.name, reason: reasonOf(state) })),
      ...[...visitIntervals].map(([datname, seconds]) => one(visitInterval, seconds, { datname })),
      ...capacity,
      ...(known.size > 0 ? [one(identities, known.size), one(twins, others)] : []),
      ...states.filter(wasVisited).map(({ name, isUp }) => one(databaseUp, isUp ? 1 : 0, { datname: name })),
      ...states.flatMap(({ name, certificateExpiry: expiry }) =>
        expiry === undefined ? [] : [one(certificateExpiry, expiry, { datname: name })]
      ),
      ...[...named].sort().map((datname) => one(databaseInfo, 1, { datname, team: teams.get(datname) ?? '' })),
      ...capabilities.flatMap(({ name: known, isOfServer }) => {
        const having = states.flatMap(({ name, isUp, facts }) =>
          isUp && facts !== undefined ? [{ name, has: facts.capabilities.has(known) }] : []
        )
        const told = isOfServer && having.length > 0 ? [{ name: '', has: having.some(({ has }) => has) }] : having
        return told.map(({ name, has }) => one(capability, has ? 1 : 0, { datname: name, capability: known }))
      })
    ]
  })
}

function reasonOf({ isUp, failure }: DatabaseState): string {
  return isUp ? 'up' : (failure?.errorClass ?? 'not_visited')
}

function wasVisited({ isUp, failure, isRefused }: DatabaseState): boolean {
  return isUp || (failure !== undefined && !isRefused)
}

/** How each query's last poll went, rendered straight, for there are many. */
export function queryTexts(snapshots: readonly Snapshot[], now: number): readonly FamilyText[] {
  const lines = new Map<Family, string[]>([success, duration, rows, age].map((family) => [family, []]))
  for (const { server, datname, query, failure, seconds, rows: count, answeredAt } of snapshots) {
    const labels = renderLabels({ server, datname, query })
    const add = (family: Family, value: number) => lines.get(family)?.push(`${family.name}${labels} ${renderNumber(value)}\n`)
    add(success, failure === undefined ? 1 : 0)
    add(duration, seconds)
    if (answeredAt === undefined) continue
    add(rows, count)
    add(age, (now - answeredAt) / 1000)
  }
  return [...lines].map(([family, text]) => ({ family, datname: '', text: Buffer.from(text.join('')), samples: text.length }))
}
