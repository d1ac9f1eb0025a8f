import pg from 'pg'
import type { RunningServer } from '../test/servers/start-server.ts'
import { databasesOf, roles, type Scenario, statementsOf } from './scenario.ts'

/** Applications with one session in each database. */
export interface Workload {
  readonly stop: () => Promise<void>
}

/** Opens a session in each database and executes the statements of one table at a time, in one database after the other. */
export async function startWorkload(scenario: Scenario, servers: readonly RunningServer[]): Promise<Workload> {
  const clients = servers.flatMap((server) =>
    databasesOf(scenario).map((name) => new pg.Client({ connectionString: server.url(name, roles.application), application_name: 'app' }))
  )
  for (const client of clients) await client.connect()
  const tables = statementsOf(scenario).map((statements) => statements.join(';'))
  const busy = new Set<pg.Client>()
  let turn = 0
  const timer = setInterval(() => {
    const client = clients[turn % clients.length]
    const statements = tables[Math.floor(turn / clients.length) % tables.length]
    turn++
    if (client === undefined || statements === undefined || busy.has(client)) return
    busy.add(client)
    const done = () => busy.delete(client)
    void client.query(statements).then(done, done)
  }, 1000 / scenario.transactionsPerSecond)
  return {
    stop: async () => {
      clearInterval(timer)
      for (const client of clients) await client.end()
    }
  }
}
