import { byFileCopy, type RunningServer, startServer, type TestServer } from '../test/servers/start-server.ts'
import { progress } from './progress.ts'

export type ScenarioName = 'small' | 'wide' | 'fleet'

/** What an exporter monitors in one part of the benchmark. */
export interface Scenario {
  readonly name: ScenarioName
  readonly servers: number
  /** Databases, tables of each database, and entries of pg_stat_statements, on each server. */
  readonly databases: number
  readonly tables: number
  readonly statements: number
  readonly transactionsPerSecond: number
  /** How often the two exporters are measured alternately. */
  readonly rounds: number
  /** Settings of pgvitals that differ from the defaults. */
  readonly detail?: 'full'
  /** The number of tables of a server that pgvitals exports, if it is not the default. */
  readonly shownTables?: number
}

const defaults = { servers: 1, rounds: 2 }

export const scenarios: Readonly<Record<ScenarioName, Scenario>> = {
  small: { ...defaults, name: 'small', databases: 3, tables: 60, statements: 500, transactionsPerSecond: 20 },
  wide: {
    ...defaults,
    name: 'wide',
    databases: 50,
    tables: 200,
    statements: 5000,
    transactionsPerSecond: 50,
    detail: 'full',
    // About 100,000 series.
    shownTables: 1700
  },
  fleet: { name: 'fleet', servers: 20, databases: 10, tables: 20, statements: 200, transactionsPerSecond: 50, rounds: 1 }
}

/** The roles of the two exporters, with pg_monitor alone, and that of the applications. All have the password `secret`. */
export const roles = { pgvitals: 'pgvitals', peer: 'peer', application: 'app' } as const

/** The names of the databases of each server. The first has the extension pg_stat_statements. */
export function databasesOf({ databases }: Scenario): readonly string[] {
  return Array.from({ length: databases }, (_, index) => `app_${String(index).padStart(3, '0')}`)
}

/** Starts and fills the servers of a scenario. The end of the process removes them. */
export async function startServers(scenario: Scenario): Promise<readonly TestServer[]> {
  const servers: TestServer[] = []
  for (let index = 0; index < scenario.servers; index++) {
    progress(`${scenario.name}: starting and filling server ${index + 1} of ${scenario.servers}`)
    servers.push(await startFilledServer(scenario))
  }
  return servers
}

/** The statements that the applications execute in each database, by table. Each is one entry of pg_stat_statements. */
export function statementsOf({ databases, statements }: Scenario): readonly (readonly string[])[] {
  const perDatabase = Math.ceil(statements / databases)
  return Array.from({ length: Math.ceil(perDatabase / 4) }, (_, index) => {
    const table = `item_${index + 1}`
    return [
      `update ${table} set amount = amount + 1 where id = 7`,
      `select status from ${table} where id = 7`,
      `select id, amount from ${table} where account = 7`,
      `select account, count(*), sum(amount) from ${table} group by account`
    ]
  })
}

async function startFilledServer(scenario: Scenario): Promise<TestServer> {
  const server = await startServer({
    flags: [
      // Execution time does not include planning, which is significant for the statistics views.
      'pg_stat_statements.track_planning=on',
      'pg_stat_statements.max=10000',
      'autovacuum=off',
      'max_connections=150',
      ...(scenario.servers > 1 ? ['shared_buffers=32MB'] : [])
    ]
  })
  await fill(scenario, server)
  return server
}

async function fill(scenario: Scenario, server: RunningServer): Promise<void> {
  const names = databasesOf(scenario)
  await server.sql(
    'postgres',
    ...Object.values(roles).map((role) => `create role ${role} login password 'secret'`),
    `grant pg_monitor to ${roles.pgvitals}, ${roles.peer}`,
    `create database shape owner ${roles.application}`
  )
  await server.sql('shape', `set role ${roles.application}`, createTables(scenario.tables), 'analyze')
  for (const name of names) {
    await server.sql('postgres', `create database ${name} owner ${roles.application} template shape ${byFileCopy(server.major)}`)
  }
  await server.sql('postgres', 'drop database shape')
  await server.sql(names[0] ?? '', 'create extension pg_stat_statements')
  const statements = statementsOf(scenario).flat().join(';\n')
  for (const name of names) await server.sql(name, `set role ${roles.application}`, statements)
}

function createTables(count: number): string {
  return `do $$
    begin
      for n in 1..${count} loop
        execute pg_catalog.format('create table item_%s (id int primary key, account int, status text, amount numeric)', n);
        execute pg_catalog.format('insert into item_%s select i, i %% 97, ''open'', i / 7.0 from generate_series(1, 100) as i', n);
      end loop;
    end
  $$`
}
