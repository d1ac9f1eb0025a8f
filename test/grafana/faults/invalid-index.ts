import type { Fault } from './fault.ts'

export const invalidIndex: Fault = {
  name: 'invalid index',
  what: '`create unique index concurrently` fails on a duplicate value',
  alert: 'PostgresInvalidIndex',
  server: 'main',
  datname: 'users',
  inject: async ({ servers }) => {
    await servers.main.sql(
      'users',
      'create table handles (id int primary key, handle text)',
      "insert into handles values (1, 'ann'), (2, 'ann')"
    )
    await servers.main.sql('users', 'create unique index concurrently handles_handle on handles (handle)').catch(() => {})
    return () => servers.main.sql('users', 'drop table handles')
  }
}
