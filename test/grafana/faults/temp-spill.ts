import type { Fault } from './fault.ts'

export const tempSpill: Fault = {
  name: 'temp spill',
  what: 'a report repeatedly sorts far more than its `work_mem`',
  alert: 'PostgresTempSpill',
  server: 'main',
  datname: 'users',
  also: { PostgresLatencyRegression: 'sorting on disk is slow' },
  inject: async ({ open }) => {
    const session = await open('main', 'users')
    await session.query("set work_mem = '64kB'")
    let isOver = false
    const ended = (async () => {
      while (!isOver)
        await session.query('select count(*) from (select md5(n::text) from generate_series(1, 300000) as n order by 1 offset 0) as sorted')
    })()
    return async () => {
      isOver = true
      await ended
      await session.end()
    }
  }
}
