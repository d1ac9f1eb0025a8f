import { type Connection, type Database, isSocket, type Server } from '../server/server.ts'
import { isPostgresUrl, parseDatabaseUrl } from './database-url.ts'

/** A database named by one environment variable. */
interface Named {
  readonly variable: string
  readonly connection: Connection
}

/**
 * Reads `DATABASE_URL` and every `*_DATABASE_URL`, the plain one first and then by name, and groups them by
 * server. Adds to `mistakes` what cannot be right and to `notes` what is passed over.
 */
export function readServers(environment: NodeJS.ProcessEnv, mistakes: string[], notes: string[]): readonly Server[] {
  const variables = Object.keys(environment).filter((name) => /^(.+_)?DATABASE_URL$/.test(name) && environment[name]?.trim())
  const named = variables.sort(plainFirst).flatMap((variable) => readOne(variable, environment[variable]?.trim() ?? '', mistakes, notes))
  const servers = new Map<string, Server & { readonly databases: Database[] }>()
  for (const { variable, connection } of named) {
    const key = serverKey(connection)
    const server = servers.get(key) ?? { ...undeclared, name: serverName(connection), databases: [] }
    servers.set(key, server)
    if (server.databases.some((database) => database.name === connection.database)) {
      notes.push(`${variable} names the database ${connection.database} of ${server.name} again; the first variable that named it holds`)
    } else {
      server.databases.push({ name: connection.database, connection, team: '', access: new Map(), quotaBytes: undefined })
    }
  }
  if (servers.size === 0 && mistakes.length === 0) {
    mistakes.push(
      'no database is configured; set DATABASE_URL=postgresql://user:password@host:5432/database, and one *_DATABASE_URL for each further database'
    )
  }
  return [...servers.values()]
}

/** What only the YAML file can say of a server. */
const undeclared = { discovery: undefined, maxSessions: 4, capacityBytes: undefined, dataDirectory: undefined }

function readOne(variable: string, url: string, mistakes: string[], notes: string[]): readonly Named[] {
  if (!isPostgresUrl(url)) {
    const [, scheme] = /^(file(?=:)|[a-z][a-z0-9+.-]*(?=:\/\/))/i.exec(url) ?? []
    if (scheme === undefined) mistakes.push(`${variable} is no URL; expected postgresql://user:password@host:5432/database`)
    else notes.push(`${variable} is passed over: it names a database of another kind (${scheme})`)
    return []
  }
  try {
    return [{ variable, connection: parseDatabaseUrl(url) }]
  } catch (error) {
    mistakes.push(`${variable} ${(error as Error).message}`)
    return []
  }
}

function plainFirst(left: string, right: string): number {
  return Number(right === 'DATABASE_URL') - Number(left === 'DATABASE_URL') || (left < right ? -1 : 1)
}

/** `host:port` as written: the label `server`. */
function serverName({ host, port }: Connection): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** Equal for the URLs of one server; the names of the loopback interface are one host. */
function serverKey({ host, port }: Connection): string {
  const isLoopback = !isSocket(host) && /^(localhost|127(\.\d+){3}|::1)$/i.test(host)
  return `${isLoopback ? 'localhost' : host.toLowerCase()} ${port}`
}
