import { type DatabaseName, databases, password } from '../../../demo/schema.ts'
import { alerts } from '../../../grafana/source/rules/alerts.ts'
import { recordings } from '../../../grafana/source/rules/recording.ts'
import { loadQueries } from '../../../src/query/load.ts'
import { familiesOf } from '../../../src/query/query.ts'
import type { TestServer } from '../../servers/start-server.ts'
import { metricsOf } from '../promql/metrics-of.ts'
import type { ServerName } from './fault.ts'

/** The password of `labeler_monitor`, the role of one team. */
export const monitorPassword = 'watch'

/** The team that owns a database, the label `team` of its alerts. */
export const teamOf = (datname: DatabaseName) => databases[datname].owner

/**
 * The `pgvitals.yaml` of the two servers: teams, declared access, a separate credential of one team, and a disk size.
 * At an interval of two seconds a snapshot is shown for six, which tolerates delays of a busy machine.
 */
export function exporterFile(servers: Readonly<Record<ServerName, TestServer>>): string {
  const server = ({ port }: TestServer) => ({
    host: '127.0.0.1',
    port,
    database: 'platform',
    user: 'pgvitals',
    password,
    capacity_bytes: 100e9,
    databases: {
      platform: { team: teamOf('platform'), access: { labeler: 'none' } },
      users: { team: teamOf('users'), access: { labeler: 'none' } },
      labeler: { team: teamOf('labeler'), user: 'labeler_monitor', password: monitorPassword, access: { platform: 'none' } }
    }
  })
  return JSON.stringify({
    servers: { main: server(servers.main), second: server(servers.second) },
    queries: intervals()
  })
}

/** Two seconds for the queries that the rules read, in any variant, and 20 for the others, to save CPU time. */
function intervals(): Readonly<Record<string, { readonly interval: string }>> {
  const expressions = [
    ...Object.values(alerts).flatMap((list) => list.flatMap(({ tiers }) => tiers.map(({ expression }) => expression))),
    ...Object.values(recordings).flatMap((list) => list.map(({ expression }) => expression))
  ]
  const metrics = new Set(expressions.flatMap(metricsOf))
  const all = loadQueries()
  const read = new Set(all.filter((query) => familiesOf(query).some(({ name }) => metrics.has(name))).map(({ name }) => name))
  return Object.fromEntries(all.map(({ name }) => [name, { interval: read.has(name) ? '2s' : '20s' }]))
}
