import { sharedServer, template } from './shared-server.ts'
import { byFileCopy, type Major, type RunningServer } from './start-server.ts'

type TeamDatabase = 'platform' | 'users' | 'labeler'

/**
 * The three example databases on the server that all tests share, under names that no other test uses: each with its
 * owner, closed to the others, and a role with pg_monitor alone.
 */
export interface Team {
  readonly server: RunningServer
  /** The names of the databases; `<name>_owner` owns each. */
  readonly platform: string
  readonly users: string
  readonly labeler: string
  /** The role with pg_monitor alone. */
  readonly monitor: string
  readonly url: (database: TeamDatabase, user?: string, password?: string) => string
  /** The environment of an exporter that reaches all databases with the monitoring role or each as its owner. */
  readonly environment: (role: 'monitor' | 'owners') => Record<'DATABASE_URL' | 'USER_DATABASE_URL' | 'LABELER_DATABASE_URL', string>
}

let teams = 0

/**
 * Creates the databases and roles for one test. They remain until the end of the run: dropping a database would race
 * with the polls of other tests.
 */
export async function createTeam(major: Major = 18): Promise<Team> {
  const server = await sharedServer(major)
  const prefix = `t${process.pid}_${++teams}`
  const monitor = `${prefix}_monitor`
  const names = { platform: `${prefix}_platform`, users: `${prefix}_users`, labeler: `${prefix}_labeler` }
  const databases = Object.values(names)
  await server.sql(
    'postgres',
    `create role ${monitor} login password 'secret' in role pg_monitor`,
    ...databases.flatMap((name) => [
      `create role ${name}_owner login password 'secret'`,
      `create database ${name} owner ${name}_owner template ${template} ${byFileCopy(major)}`,
      `revoke connect on database ${name} from public`,
      `grant connect on database ${name} to ${monitor}`
    ])
  )
  for (const name of databases) {
    // Statistics are not cloned, so the rows are inserted here.
    const rows = "insert into item select g, repeat('x', 10) from generate_series(1, 100) as g"
    await server.sql(name, `alter table item owner to ${name}_owner`, rows, 'analyze item')
  }
  const url = (database: TeamDatabase, user = monitor, password = 'secret') => server.url(names[database], user, password)
  const urlAs = (role: 'monitor' | 'owners', name: TeamDatabase) => (role === 'monitor' ? url(name) : url(name, `${names[name]}_owner`))
  return {
    server,
    ...names,
    monitor,
    url,
    environment: (role) => ({
      DATABASE_URL: urlAs(role, 'platform'),
      USER_DATABASE_URL: urlAs(role, 'users'),
      LABELER_DATABASE_URL: urlAs(role, 'labeler')
    })
  }
}
