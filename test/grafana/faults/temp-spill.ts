import { setTimeout as delay } from 'node:timers/promises'
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
      while (!isOver) {
        // Wide rows write 10 MB with little CPU time.
        await session.query(
          "select count(filler) from (select n, repeat('x', 1000) as filler from generate_series(1, 10000) as n order by n desc offset 0) as sorted"
        )
        await delay(500)
      }
    })()
    return async () => {
      isOver = true
      await ended
      await session.end()
    }
  }
}
