import type pg from 'pg'
import type { Fault } from './fault.ts'

export const connectionFlood: Fault = {
  name: 'connection flood',
  what: 'an application of `labeler` opens sessions until the server refuses one',
  alert: 'PostgresConnectionsHigh',
  server: 'second',
  isOfServer: true,
  also: {
    PostgresConnectionHog: 'it is one database that holds them',
    PgvitalsVisitsSlow:
      'pgvitals gives up its sessions, and visits without one are rarer where they would be as dear as those of every other second'
  },
  inject: async ({ open }) => {
    const sessions: pg.Client[] = []
    try {
      for (;;) sessions.push(await open('second', 'labeler'))
    } catch {}
    return () => Promise.all(sessions.map((session) => session.end()))
  }
}
