import type { Server } from '../server/server.ts'
import type { Reading } from './reading.ts'

/** Tells of databases that are named and excluded at once: whichever were meant, the other would be a surprise. */
export function tellExcluded(servers: readonly Server[], { file }: Reading): void {
  for (const { name, databases, discovery } of servers) {
    for (const [index, pattern] of (discovery?.exclude ?? []).entries()) {
      const named = databases.find((database) => pattern.test(database.name))
      const path = ['servers', name, 'discover', 'exclude', String(index)]
      if (named !== undefined) file.tell(path, `excludes ${named.name}, which is configured by its name`)
    }
  }
}
