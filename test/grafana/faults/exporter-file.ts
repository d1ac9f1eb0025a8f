import { type DatabaseName, databases, password } from '../../../demo/schema.ts'
import { loadQueries } from '../../../src/query/load.ts'
import type { TestServer } from '../../servers/start-server.ts'
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
    queries: Object.fromEntries(loadQueries().map(({ name }) => [name, { interval: '2s' }]))
  })
}
