import type { Fault } from './fault.ts'

export const deadlocks: Fault = {
  name: 'deadlocks',
  what: 'two sessions lock the same two rows in opposite order, five times',
  alert: 'PostgresDeadlocks',
  server: 'main',
  datname: 'labeler',
  also: { PostgresLatencyRegression: 'the surviving session waited a second for the lock' },
  inject: async ({ servers, open }) => {
    await servers.main.sql(
      'labeler',
      'create table pair (id int primary key)',
      'insert into pair values (1), (2)',
      'alter table pair owner to labeler'
    )
    const workers = await Promise.all([open('main', 'labeler'), open('main', 'labeler')])
    const [one, other] = workers
    const lock = 'select from pair where id = $1 for update'
    for (let attempt = 0; attempt < 5; attempt++) {
      await Promise.all(workers.map((worker) => worker.query('begin')))
      await Promise.all([one.query(lock, [1]), other.query(lock, [2])])
      await Promise.allSettled([one.query(lock, [2]), other.query(lock, [1])])
      await Promise.all(workers.map((worker) => worker.query('rollback')))
    }
    return async () => {
      await one.query('drop table pair')
      await Promise.all(workers.map((worker) => worker.end()))
    }
  }
}
