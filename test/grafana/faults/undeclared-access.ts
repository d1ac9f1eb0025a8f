import type { Fault } from './fault.ts'

export const undeclaredAccess: Fault = {
  name: 'undeclared access',
  what: 'the role `labeler`, declared `none` in `users`, is granted `connect` and `select` there',
  alert: 'PostgresAccessExcess',
  server: 'main',
  datname: 'users',
  inject: async ({ servers }) => {
    await servers.main.sql('users', 'grant connect on database users to labeler', 'grant select on accounts to labeler')
    return () => servers.main.sql('users', 'revoke connect on database users from labeler', 'revoke select on accounts from labeler')
  }
}
