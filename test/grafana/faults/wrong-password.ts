import { monitorPassword } from './exporter-file.ts'
import type { Fault } from './fault.ts'

export const wrongPassword: Fault = {
  name: 'wrong password of one team',
  what: 'the password of `labeler_monitor` is changed only on the server, and its open session ends',
  alert: 'PostgresDatabaseUnreachable',
  server: 'main',
  datname: 'labeler',
  inject: async ({ servers, endSessions, reload }) => {
    await servers.main.sql('postgres', "alter role labeler_monitor password 'rotated'")
    await endSessions('main', 'labeler')
    return async () => {
      await servers.main.sql('postgres', `alter role labeler_monitor password '${monitorPassword}'`)
      reload()
    }
  }
}
