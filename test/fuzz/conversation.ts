import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { parseDatabaseUrl } from '../../src/config/database-url.ts'
import { type Listed, listDatabases } from '../../src/server/discover.ts'
import { readIdentity, readSupportedFacts } from '../../src/server/facts.ts'
import { readLimits } from '../../src/server/limits.ts'
import type { Answer } from '../../src/server/received-answer.ts'
import { noRefusals } from '../../src/server/refusals.ts'
import type { Connection } from '../../src/server/server.ts'
import { openSession } from '../../src/server/session.ts'
import { readClient, splitMessages } from './client-messages.ts'

/** A recorded conversation: the server's messages after each message after which the client waits. */
export interface Conversation {
  readonly name: string
  readonly turns: readonly (readonly Buffer[])[]
}

const options = { timeoutSeconds: 1, maxRows: 20 }

/** Statements with rows, nulls, no rows, no columns, a notice, errors, and one that runs often enough to be prepared. */
const statements = [
  'select g, null, repeat($$x$$, g) from pg_catalog.generate_series(1, 30) as g',
  'select 1 as one where false',
  "do $$ begin raise notice 'a notice' using detail = 'and its detail'; end $$",
  'select 1 / 0',
  'select missing from pg_catalog.pg_class',
  ...Array.from({ length: 3 }, () => 'select datname, numbackends, stats_reset from pg_catalog.pg_stat_database order by 1'),
  "set application_name = 'pgvitals'"
]

/** Opens a session as a poll cycle does, reads the same facts, runs statements, and decodes the results. */
export async function converse(connection: Connection): Promise<number> {
  const session = await openSession(connection, 'secret')
  let rows = 0
  const take = ({ columns, rows: taken, digest }: Answer) => {
    if (columns.length > 0 && digest !== '') rows += taken.length
  }
  try {
    await readSupportedFacts(session, noRefusals, 0)
    await readIdentity(session, noRefusals, 0)
    await readLimits(session, noRefusals, 0)
    const { value } = await listDatabases(session, { include: [], exclude: [], connection })
    if (!('message' in value)) rows += value.filter(({ isOpen }: Listed) => isOpen).length
    for (const sql of statements) {
      try {
        take(await session.run(sql, options))
      } catch (error) {
        // As in a poll cycle: an error costs one query as long as the session is open.
        if (!session.isOpen() || (error as { code?: unknown }).code === undefined) throw error
      }
    }
    return rows
  } finally {
    await session.close()
  }
}

/** Records a conversation with the server of this URL through a proxy. */
export async function record(name: string, url: string): Promise<Conversation> {
  const target = parseDatabaseUrl(`${url}?sslmode=disable`)
  const turns: Buffer[][] = []
  const proxy = createServer((client) => {
    const server = connect(target.port, target.host)
    const read = readClient(() => void turns.push([]))
    client.on('data', (chunk) => {
      read(chunk)
      server.write(chunk)
    })
    server.on('data', (chunk) => {
      turns.at(-1)?.push(chunk)
      client.write(chunk)
    })
    for (const [one, other] of [
      [client, server],
      [server, client]
    ] as const) {
      one.on('error', () => {}).on('close', () => other.destroy())
    }
  }).listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  try {
    const address = proxy.address()
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0
    await converse({ ...target, host: '127.0.0.1', port })
  } finally {
    proxy.close()
  }
  return { name, turns: turns.map((chunks) => splitMessages(Buffer.concat(chunks))) }
}

/** The conversation without the calculations of SCRAM: a server that requests no password. */
export function withoutPassword({ name, turns }: Conversation): Conversation {
  const isLast = (turn: readonly Buffer[]) => turn.some((message) => isAuthentication(message, 0))
  const at = turns.findIndex(isLast)
  const first = (turns[at] ?? []).filter((message) => !isAuthentication(message, 12))
  return { name: `${name}, no password`, turns: [first, ...turns.slice(at + 1)] }
}

/** Whether a message is an authentication request with this code. */
export function isAuthentication(message: Buffer, code: number): boolean {
  return message[0] === 'R'.charCodeAt(0) && message.length >= 9 && message.readInt32BE(5) === code
}
