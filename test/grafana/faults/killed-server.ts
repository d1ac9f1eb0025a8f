import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { TestServer } from '../../servers/start-server.ts'
import type { Fault } from './fault.ts'

export const killedServer: Fault = {
  name: 'killed server',
  what: '`kill -9` of the postmaster',
  alert: 'PostgresDown',
  server: 'second',
  isOfServer: true,
  also: {
    PostgresAvailabilityBurn: 'a minute without the server is more than 99.9 % of an hour allows',
    PostgresRestarted: 'it is started again'
  },
  inject: async ({ servers }) => {
    const [pid = ''] = readFileSync(join(servers.second.dataDirectory, 'postmaster.pid'), 'utf8').split('\n')
    process.kill(Number(pid), 'SIGKILL')
    return () => startAgain(servers.second)
  }
}

/** The sessions of the killed server go one by one, and until then there may be no other. */
async function startAgain(server: TestServer): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await server.start()
    } catch (error) {
      if (attempt === 20) throw error
      await delay(500)
    }
  }
}
