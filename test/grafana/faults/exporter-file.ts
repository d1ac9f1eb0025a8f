import { type DatabaseName, databases, password } from '../../../demo/schema.ts'
import { loadQueries } from '../../../src/query/load.ts'
import type { TestServer } from '../../servers/start-server.ts'
import type { ServerName } from './fault.ts'

/** The password of `labeler_monitor`, the role of one team. */
export const monitorPassword = 'watch'

/** Who owns a database: the label `team` of its alerts. */
export const teamOf = (datname: DatabaseName) => databases[datname].owner

/**
 * `pgvitals.yaml` of the two servers: teams, what each may do in the other's databases, one team's own credential, a disk.
 * An answer is shown for three intervals, so that a busy machine may be some seconds late.
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
