import type { Choice } from '../poll/choose.ts'
import type { DatabaseState } from '../poll/database-state.ts'
import type { Exporter } from '../poll/exporter.ts'
import type { Snapshot } from '../poll/snapshots.ts'
import { formatVersion } from '../query/version.ts'
import { capabilities } from '../server/capability.ts'

/** What the landing page tells of the exporter. */
export interface Status {
  readonly version: string
  readonly servers: readonly ServerStatus[]
}

export interface ServerStatus {
  readonly name: string
  readonly databases: readonly DatabaseStatus[]
  readonly queries: readonly QueryStatus[]
}

export interface DatabaseStatus {
  readonly name: string
  readonly isUp: boolean
  /** The version and role, or why the database cannot be reached. */
  readonly about: string
  /** What the role cannot see, with the statement that mends it. */
  readonly blind: readonly string[]
}

export interface QueryStatus {
  readonly name: string
  readonly database: string
  readonly state: 'answers' | 'fails' | 'skipped' | 'not asked yet'
  /** Why it fails or is skipped. */
  readonly about: string
  readonly intervalSeconds: number
  readonly ageSeconds: number | undefined
  readonly seconds: number | undefined
  readonly samples: number
}

/** Gathers what the landing page tells. Milliseconds of `performance.now()`. */
export function readStatus(version: string, exporter: Pick<Exporter, 'watches' | 'snapshots'>, now: number): Status {
  const keyOf = (server: string, datname: string, query: string) => [server, datname, query].join('\n')
  const snapshots = new Map(exporter.snapshots().map((one) => [keyOf(one.server, one.datname, one.query), one]))
  return {
    version,
    servers: exporter.watches().map(({ server, states, choices }) => ({
      name: server.name,
      databases: states.map(databaseStatus),
      queries: choices.all.map((choice) => {
        const datname = choice.query.scope === 'database' ? choice.database : ''
        return queryStatus(choice, snapshots.get(keyOf(server.name, datname, choice.query.name)), now)
      })
    }))
  }
}

function databaseStatus({ name, isUp, facts, failure }: DatabaseState): DatabaseStatus {
  if (!isUp || facts === undefined) return { name, isUp: false, about: failure?.message ?? 'not visited yet', blind: [] }
  const missing = capabilities.filter(({ name, isOfServer }) => !isOfServer && !facts.capabilities.has(name))
  return {
    name,
    isUp,
    about: `PostgreSQL ${formatVersion(facts.version)}, ${facts.isStandby ? 'standby' : 'primary'}, as ${facts.role}`,
    blind: missing.map(({ blindTo, grant }) => `${blindTo}: ${grant.replace('%s', facts.role)}`)
  }
}

function queryStatus({ query, database, skipped }: Choice, snapshot: Snapshot | undefined, now: number): QueryStatus {
  const waiting = snapshot === undefined ? 'not asked yet' : 'answers'
  return {
    name: query.name,
    database: query.scope === 'database' ? database : `(server, by ${database})`,
    state: skipped !== undefined ? 'skipped' : snapshot?.failure !== undefined ? 'fails' : waiting,
    about: skipped ?? snapshot?.failure?.message ?? '',
    intervalSeconds: query.intervalSeconds,
    ageSeconds: snapshot?.answeredAt === undefined ? undefined : (now - snapshot.answeredAt) / 1000,
    seconds: snapshot?.seconds,
    samples: snapshot?.texts.reduce((sum, text) => sum + text.samples, 0) ?? 0
  }
}
