import type { Fault } from './fault.ts'

export const revokedConnect: Fault = {
  name: 'revoked grant: connect',
  what: '`connect` on `users` is revoked from the role `pgvitals`, and its open session ends',
  alert: 'PostgresDatabaseUnreachable',
  server: 'second',
  datname: 'users',
  inject: async ({ servers, endSessions, reload }) => {
    await servers.second.sql('postgres', 'revoke connect on database users from pgvitals')
    await endSessions('second', 'users')
    return async () => {
      await servers.second.sql('postgres', 'grant connect on database users to pgvitals')
      reload()
    }
  }
}
