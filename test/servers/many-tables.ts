import { type Major, startServer, type TestServer } from './start-server.ts'
import { createTeamDatabases, teamDatabases } from './team-databases.ts'

/** The size of the server of `startManyTables`. */
export interface Extent {
  readonly tables: number
  readonly statements: number
}

/**
 * A server with three databases, each with `tables` tables that have two indexes and were read, changed and vacuumed, and
 * `statements` different statements in all.
 */
export async function startManyTables({ tables, statements }: Extent, major: Major = 18): Promise<TestServer> {
  const server = await startServer({ major, flags: ['autovacuum=off', 'track_io_timing=on'] })
  await createTeamDatabases(server)
  for (const [index, name] of teamDatabases.entries()) {
    const names = Array.from({ length: tables }, (_, table) => (table === 0 ? 'item' : `item_${table}`))
    await server.sql(
      name,
      `set role ${name}_owner`,
      ...names.flatMap((table) => [
        ...(table === 'item'
          ? []
          : [`create table ${table} (id int primary key, note text)`, `insert into ${table} values (1, 'x'), (2, 'y')`]),
        `create index ${table}_note on ${table} (note)`,
        'set enable_seqscan = off',
        `select * from ${table} where id = 1`,
        `vacuum analyze ${table}`
      ]),
      ...Array.from({ length: Math.ceil(statements / teamDatabases.length) }, (_, number) => {
        const columns = Array.from({ length: number + 1 }, () => index).join(', ')
        return `select ${columns} from ${names[number % tables]} where id = 1`
      })
    )
  }
  return server
}
