import type { Fault } from './fault.ts'

export const idleInTransaction: Fault = {
  name: 'idle in transaction',
  what: 'a session begins a transaction, writes a row and stays idle',
  alert: 'PostgresIdleInTransaction',
  server: 'main',
  datname: 'platform',
  inject: async ({ open }) => {
    const session = await open('main', 'platform')
    await session.query('begin')
    await session.query("insert into products (name, description, price, stock) values ('new', 'new', 1, 1)")
    return async () => {
      await session.query('rollback')
      await session.end()
    }
  }
}
