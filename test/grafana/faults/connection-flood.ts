import type pg from 'pg'
import type { Fault } from './fault.ts'

export const connectionFlood: Fault = {
  name: 'connection flood',
  what: 'an application of `labeler` opens sessions until the server refuses a connection',
  alert: 'PostgresConnectionsHigh',
  server: 'second',
  isOfServer: true,
  also: {
    PostgresConnectionShareHigh: 'all these connections belong to one database',
    PostgresDatabaseUnreachable: 'the server refuses the connections of poll cycles to the other databases',
    PgvitalsNotPolling: 'pgvitals leaves the last connection of the server to others, for longer each time',
    PgvitalsPollOverdue: 'the wait before that connection is used again is longer than four intervals of a second',
    PgvitalsBlindSpot: 'the only database with pg_stat_statements may be refused a connection',
    PgvitalsPollIntervalLong:
      'pgvitals closes its sessions to free connections, and polls that have to connect first are less frequent at an interval of two seconds'
  },
  inject: async ({ open }) => {
    const sessions: pg.Client[] = []
    try {
      for (;;) sessions.push(await open('second', 'labeler'))
    } catch {}
    return () => Promise.all(sessions.map((session) => session.end()))
  }
}
