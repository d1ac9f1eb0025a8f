import type { TestServer } from '../test/servers/start-server.ts'

/** The polled databases; server-wide queries run in the first. */
export const databases = ['platform', 'users', 'labeler'] as const

/** The role of both exporters, with pg_monitor only. */
export const role = 'pgvitals'

const tables = 60
const statements = 500

/** Creates three databases of 60 tables, the monitoring role, and 500 entries in pg_stat_statements. */
export async function prepare(server: TestServer): Promise<void> {
  await server.sql('postgres', `create role ${role} login password 'secret'`, `grant pg_monitor to ${role}`)
  for (const database of databases) {
    await server.sql('postgres', `create database ${database}`)
    await server.sql(database, createTables(database), 'vacuum analyze')
  }
  await server.sql('platform', 'create extension pg_stat_statements', 'select pg_stat_statements_reset()')
  const all = databases.flatMap((database) => statementsOf(database).map((sql) => ({ database, sql }))).slice(0, statements)
  for (const database of databases) {
    await server.sql(database, ...all.filter((one) => one.database === database).map((one) => one.sql))
  }
  const [row] = await server.sql(
    'platform',
    "select count(distinct queryid)::int as distinct from pg_stat_statements where query ~ ' from (platform|users|labeler)_'"
  )
  if (row?.distinct !== statements) throw new Error(`pg_stat_statements has ${row?.distinct} distinct statements; expected ${statements}`)
}

/** One statement, so that table creation adds only one entry to pg_stat_statements. */
function createTables(database: string): string {
  return `do $$
    begin
      for n in 1..${tables} loop
        execute pg_catalog.format('create table ${database}_%s (id int primary key, account int, status text, amount numeric)', n);
        execute pg_catalog.format('insert into ${database}_%s select i, i %% 97, ''open'', i / 7.0 from generate_series(1, 1000) as i', n);
      end loop;
    end
  $$`
}

/** Three statements per table; a different constant or alias would not change the queryid. */
function statementsOf(database: string): readonly string[] {
  return Array.from({ length: tables }, (_, index) => `${database}_${index + 1}`).flatMap((table) => [
    `select status from ${table} where id = 7`,
    `select id, amount from ${table} where account = 7`,
    `select account, count(*), sum(amount) from ${table} group by account`
  ])
}
