import { byFileCopy, type TestServer } from './start-server.ts'

/** The example of the project: three databases of two teams, each with a separate owner, and one role that only monitors. */
export const teamDatabases = ['platform', 'users', 'labeler'] as const

/** Creates `platform`, `users` and `labeler`, each owned by `<name>_owner` and closed to other roles, and `pgvitals` with pg_monitor alone. */
export async function createTeamDatabases(server: TestServer): Promise<void> {
  await server.sql(
    'postgres',
    "create role pgvitals login password 'secret' in role pg_monitor",
    ...teamDatabases.flatMap((name) => [
      `create role ${name}_owner login password 'secret'`,
      `create database ${name} owner ${name}_owner ${byFileCopy(server.major)}`,
      `revoke connect on database ${name} from public`,
      `grant connect on database ${name} to pgvitals`
    ])
  )
  for (const name of teamDatabases) {
    await server.sql(
      name,
      'create table item (id int primary key, note text)',
      `alter table item owner to ${name}_owner`,
      "insert into item select g, repeat('x', 10) from generate_series(1, 100) as g",
      'analyze item',
      ...(name === 'platform' ? ['create extension pg_stat_statements'] : [])
    )
  }
}

/** The environment of an exporter that reaches all databases as `pgvitals` or each as its owner. */
export function teamEnvironment(server: TestServer, role: 'pgvitals' | 'owners'): Record<string, string> {
  const url = (name: string) => server.url(name, role === 'pgvitals' ? role : `${name}_owner`)
  return { DATABASE_URL: url('platform'), USER_DATABASE_URL: url('users'), LABELER_DATABASE_URL: url('labeler') }
}
