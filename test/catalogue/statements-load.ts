import pg from 'pg'
import type { TestServer } from '../servers/start-server.ts'

/** A statement with its own queryid: all have the same numbers but different operators. */
export function statementOf(number: number): string {
  const signs = Array.from({ length: 12 }, (_, bit) => (((number >> bit) & 1) === 1 ? '+' : '-'))
  return `select 1 ${signs.join(' 1 ')} 1`
}

/** Runs 600 statements of two users in two databases, at top level and in a function. The frequent ones change every few seconds. */
export async function runLoad(server: TestServer, databases: readonly string[], seconds: number, random: () => number): Promise<void> {
  const clients = await Promise.all(
    databases.flatMap((database) =>
      ['app', 'admin'].map(async (user) => {
        const client = new pg.Client(server.url(database, user))
        await client.connect()
        return client
      })
    )
  )
  try {
    for (let second = 0; second < seconds; second++) {
      const heavy = Math.floor(second / 5) * 37
      const end = performance.now() + 1000
      for (let times = 0; times < 40; times++) {
        const number = random() < 0.7 ? (heavy + Math.floor(random() * 10)) % 600 : Math.floor(random() * 600)
        const statement = statementOf(number)
        const client = clients[Math.floor(random() * clients.length)]
        await client?.query(random() < 0.2 ? `do $$ begin execute '${statement}'; end $$` : statement)
      }
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, end - performance.now())))
    }
  } finally {
    await Promise.all(clients.map((client) => client.end()))
  }
}
