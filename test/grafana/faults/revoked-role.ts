import type { Fault } from './fault.ts'

export const revokedRole: Fault = {
  name: 'revoked grant: pg_monitor',
  what: '`pg_monitor` is revoked from the role `pgvitals`',
  alert: 'PgvitalsBlindSpot',
  server: 'second',
  datname: 'users',
  isOfServer: true,
  inject: async ({ servers }) => {
    await servers.second.sql('postgres', 'revoke pg_monitor from pgvitals')
    return async () => {
      await servers.second.sql('postgres', 'grant pg_monitor to pgvitals')
    }
  }
}
