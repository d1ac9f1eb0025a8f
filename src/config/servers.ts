import { type Connection, type Database, isSocket, type Server } from '../server/server.ts'
import { isPostgresUrl, parseDatabaseUrl } from './database-url.ts'
import { fallbackPassword } from './fallback-password.ts'
import type { Reading } from './reading.ts'
import { serverKey } from './server-key.ts'

/** A database named by one environment variable. */
interface Named {
  readonly variable: string
  readonly connection: Connection
}

/**
 * Adds to the servers of the file every `DATABASE_URL` and `*_DATABASE_URL`, the plain one first and then by name,
 * grouped by server. A database that is named twice is one database, and the first that named it holds.
 */
export function addNamedServers(declared: readonly Server[], reading: Reading): readonly Server[] {
  const { environment, notes, mistakes, file } = reading
  const variables = Object.keys(environment).filter((name) => /^(.+_)?DATABASE_URL$/.test(name) && environment[name]?.trim())
  const named = variables.sort(plainFirst).flatMap((variable) => readOne(variable, environment[variable]?.trim() ?? '', reading))
  const servers = new Map<string, Server & { readonly databases: Database[] }>()
  for (const server of declared) {
    const [main] = server.databases
    if (main !== undefined) servers.set(serverKey(main.connection), { ...server, databases: [...server.databases] })
  }
  const inFile = new Set([...servers.values()].flatMap(({ databases }) => databases))
  for (const { variable, connection } of named) {
    const key = serverKey(connection)
    const server = servers.get(key) ?? { ...undeclared, name: serverName(connection), databases: [] }
    servers.set(key, server)
    const first = server.databases.find((database) => database.name === connection.database)
    if (first !== undefined) {
      const holds = inFile.has(first) ? `${file.name}, with its credential,` : 'the first variable that named it'
      notes.push(`${variable} names the database ${connection.database} of ${server.name} again; ${holds} holds`)
    } else {
      server.databases.push({ name: connection.database, connection, team: '', access: new Map(), quotaBytes: undefined })
    }
  }
  if (servers.size === 0 && mistakes.length === 0 && file.mistakes().length === 0) {
    mistakes.push(
      'no database is configured; set DATABASE_URL=postgresql://user:password@host:5432/database, and one *_DATABASE_URL for each further database, or write a pgvitals.yaml'
    )
  }
  return [...servers.values()]
}

/** What only the file can say of a server. */
const undeclared = {
  discovery: undefined,
  maxSessions: 4,
  maxSamplesPerDatabase: 20_000,
  capacityBytes: undefined,
  dataDirectory: undefined
}

function readOne(variable: string, url: string, reading: Reading): readonly Named[] {
  const { mistakes, notes } = reading
  if (!isPostgresUrl(url)) {
    const [, scheme] = /^(file(?=:)|[a-z][a-z0-9+.-]*(?=:\/\/))/i.exec(url) ?? []
    if (scheme === undefined) mistakes.push(`${variable} is no URL; expected postgresql://user:password@host:5432/database`)
    else notes.push(`${variable} is passed over: it names a database of another kind (${scheme})`)
    return []
  }
  try {
    const connection = parseDatabaseUrl(url, reading.files)
    const { mode, ca } = connection.tls
    if (mode === 'prefer' && ca !== undefined && !isSocket(connection.host)) {
      notes.push(`${variable} has root certificates, but may go on without TLS as libpq does; sslmode=verify-full insists on it`)
    }
    return [{ variable, connection: { ...connection, password: connection.password ?? fallbackPassword(reading) } }]
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
