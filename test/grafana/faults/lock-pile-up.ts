import type { Fault } from './fault.ts'

export const lockPileUp: Fault = {
  name: 'lock pile-up',
  what: 'a session holds an exclusive lock on a table, and twelve sessions wait to read it',
  alert: 'PostgresBlockedSessions',
  server: 'main',
  datname: 'platform',
  inject: async ({ servers, open }) => {
    const holder = await open('main', 'platform')
    await holder.query('create table ledger (amount numeric)')
    await holder.query('begin')
    await holder.query('lock table ledger in access exclusive mode')
    const working = holder.query('select pg_sleep(60)').catch(() => {})
    const waiting = await Promise.all(
      Array.from({ length: 12 }, async () => {
        const session = await open('main', 'platform')
        return { session, result: session.query('select * from ledger').catch(() => {}) }
      })
    )
    return async () => {
      await servers.main.sql('postgres', "select pg_cancel_backend(pid) from pg_stat_activity where query = 'select pg_sleep(60)'")
      await working
      await holder.query('rollback')
      await Promise.all(waiting.map(({ result }) => result))
      await holder.query('drop table ledger')
      await Promise.all([holder, ...waiting.map(({ session }) => session)].map((session) => session.end()))
    }
  }
}
