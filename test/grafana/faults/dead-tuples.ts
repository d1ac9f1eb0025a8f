import type { Fault } from './fault.ts'

export const deadTuples: Fault = {
  name: 'dead tuples with autovacuum off',
  what: 'all 30,000 rows of a table with autovacuum disabled are updated twice',
  alert: 'PostgresVacuumOverdue',
  server: 'main',
  datname: 'labeler',
  inject: async ({ servers }) => {
    await servers.main.sql(
      'labeler',
      'create table queue (id int primary key, tries int not null) with (autovacuum_enabled = off)',
      'insert into queue select n, 0 from generate_series(1, 30000) as n',
      'analyze queue',
      'update queue set tries = tries + 1',
      'update queue set tries = tries + 1'
    )
    return () => servers.main.sql('labeler', 'vacuum queue', 'drop table queue')
  }
}
