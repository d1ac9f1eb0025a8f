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
    PostgresAvailabilityBurn: 'a minute of downtime exceeds the error budget of an hour',
    PostgresRestarted: 'the server is started again'
  },
  inject: async ({ servers }) => {
    const [pid = ''] = readFileSync(join(servers.second.dataDirectory, 'postmaster.pid'), 'utf8').split('\n')
    process.kill(Number(pid), 'SIGKILL')
    return () => restart(servers.second)
  }
}

/** Retries the start until the backends of the killed server have ended. */
async function restart(server: TestServer): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await server.start()
    } catch (error) {
      if (attempt === 20) throw error
      await delay(500)
    }
  }
}
