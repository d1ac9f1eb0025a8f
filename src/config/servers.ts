import { type Connection, type Database, isSocket, type Server } from '../server/server.ts'
import type { ConfigSources } from './config-sources.ts'
import { isPostgresUrl, parseDatabaseUrl } from './database-url.ts'
import { costShareOf, readDeclaredServers, serverKey } from './declared-servers.ts'
import { didYouMean } from './did-you-mean.ts'
import { fallbackPassword } from './secret.ts'

/** A database that an environment variable names. */
interface Named {
  readonly variable: string
  readonly connection: Connection
}

/**
 * Reads the servers of the file, and adds every `DATABASE_URL` and `*_DATABASE_URL`, the plain one first and the
 * others by name, grouped by server. If a database is configured twice, the first configuration applies.
 */
export function readServers(sources: ConfigSources): readonly Server[] {
  const declared = readDeclaredServers(sources)
  const servers = addNamedDatabases(declared, readNamedDatabases(sources), sources)
  const { errors, file } = sources
  if (servers.length === 0 && errors.length === 0 && file.errors().length === 0) {
    errors.push(
      'no database is configured; set DATABASE_URL=postgresql://user:password@host:5432/database, and one *_DATABASE_URL for each further database, or write a pgvitals.yaml'
    )
  }
  rejectExcluded(servers, sources)
  return servers
}

function addNamedDatabases(
  declared: readonly Server[],
  named: readonly Named[],
  {
    notes,
    file,
    errors,
    keepsSessions,
    detail,
    pollCostPercent
  }: Pick<ConfigSources, 'notes' | 'file' | 'errors' | 'keepsSessions' | 'detail' | 'pollCostPercent'>
): readonly Server[] {
  const servers = new Map<string, Server & { readonly databases: Database[] }>()
  const origins = new Map<Database, string>()
  /** The keys of the servers by name. */
  const keys = new Map(declared.flatMap(({ name, databases: [main] }) => (main === undefined ? [] : [[name, serverKey(main.connection)]])))
  for (const server of declared) {
    const [main] = server.databases
    if (main !== undefined) servers.set(serverKey(main.connection), { ...server, databases: [...server.databases] })
    for (const database of server.databases) origins.set(database, file.name)
  }
  for (const { variable, connection } of named) {
    const key = serverKey(connection)
    const server = servers.get(key) ?? {
      ...serverDefaults,
      detail,
      pollCostShare: costShareOf(pollCostPercent),
      name: serverName(connection),
      databases: []
    }
    const namesake = keys.get(server.name)
    keys.set(server.name, namesake ?? key)
    if (namesake !== undefined && namesake !== key)
      errors.push(`${variable}: ${file.name} gives the name ${server.name} to another server; rename it there`)
    servers.set(key, server)
    if (server.databases.some(({ connection: other }) => other.address !== connection.address)) {
      errors.push(`${variable}: hostaddr differs from that of other databases of the server ${server.name}; use another host name`)
    }
    const first = server.databases.find((database) => database.name === connection.database)
    if (first !== undefined) {
      notes.push(`${variable} is ignored: ${origins.get(first)} configures the database ${first.name} of server ${server.name}`)
    } else {
      const name = connection.database
      const database = { name, connection, team: '', access: new Map(), quotaBytes: undefined, keepsSession: keepsSessions }
      server.databases.push(database)
      origins.set(database, variable)
    }
  }
  return [...servers.values()]
}

/** The settings of a server that only the file can change. */
const serverDefaults = {
  discovery: undefined,
  maxSessions: 4,
  maxSamplesPerDatabase: 20_000,
  capacityBytes: undefined,
  dataDirectory: undefined
}

function readNamedDatabases(sources: ConfigSources): readonly Named[] {
  const { environment } = sources
  const variables = Object.keys(environment).filter((name) => /^(.+_)?DATABASE_URL$/.test(name) && environment[name]?.trim())
  return variables.sort(plainFirst).flatMap((variable) => readVariable(variable, environment[variable]?.trim() ?? '', sources))
}

function plainFirst(left: string, right: string): number {
  return Number(right === 'DATABASE_URL') - Number(left === 'DATABASE_URL') || (left < right ? -1 : 1)
}

function readVariable(variable: string, url: string, sources: ConfigSources): readonly Named[] {
  const { errors, notes } = sources
  if (!isPostgresUrl(url)) {
    const [, scheme] = /^(file(?=:)|[a-z][a-z0-9+.-]*(?=:\/\/))/i.exec(url) ?? []
    const hint = didYouMean(scheme?.replace(/\+.*/, '') ?? '', ['postgresql', 'postgres'])
    if (scheme === undefined) errors.push(`${variable}: not a URL; expected postgresql://user:password@host:5432/database`)
    else if (hint !== '') errors.push(`${variable}: unknown scheme; ${hint}`.trim())
    else notes.push(`${variable} is ignored: it is not a PostgreSQL URL${otherSchemes.includes(scheme) ? ` (${scheme})` : ''}`)
    return []
  }
  try {
    const connection = parseDatabaseUrl(url, sources)
    const { mode, ca } = connection.tls
    if (mode === 'prefer' && ca !== undefined && !isSocket(connection.host)) {
      notes.push(
        `${variable}: despite the root certificates, sslmode=prefer connects without TLS if TLS fails; set sslmode=verify-full to require it`
      )
    }
    return [{ variable, connection: { ...connection, password: connection.password ?? fallbackPassword(sources) } }]
  } catch (error) {
    errors.push(`${variable}: ${(error as Error).message}`)
    return []
  }
}

/** Schemes that messages may contain. */
const otherSchemes = ['file', 'http', 'https', 'mariadb', 'mongodb', 'mysql', 'mysql2', 'redis', 'sqlite', 'sqlite3', 'sqlserver']

/** `host:port` as written: the label `server`. */
function serverName({ host, port }: Connection): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** Rejects patterns that exclude a configured database: whether to poll it would be ambiguous. */
function rejectExcluded(servers: readonly Server[], { file }: ConfigSources): void {
  for (const { name, databases, discovery } of servers) {
    for (const [index, pattern] of (discovery?.exclude ?? []).entries()) {
      const excluded = databases.find((database) => pattern.test(database.name))
      const path = ['servers', name, 'discover', 'exclude', String(index)]
      if (excluded !== undefined) file.addError(path, `the pattern excludes ${excluded.name}, which is configured explicitly`)
    }
  }
}
