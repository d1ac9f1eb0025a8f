import { type Connection, type Database, type Discovery, isSocket, type Server } from '../server/server.ts'
import type { DatabaseShape, ServerShape } from './config-file.ts'
import type { ConfigSources } from './config-sources.ts'
import { readDeclaredTls } from './declared-tls.ts'
import type { Path } from './located-yaml.ts'
import { fallbackPassword, readDeclaredSecret } from './secret.ts'

/** A server of the file and its location. */
interface Declared {
  readonly name: string
  readonly shape: ServerShape
  readonly path: Path
}

/** Reads the `servers` of the file. Adds errors for invalid settings, and omits servers without a database. */
export function readDeclaredServers(sources: ConfigSources): readonly Server[] {
  const names = new Map<string, string>()
  return Object.entries(sources.file.shape.servers ?? {}).flatMap(([name, shape]) => {
    const server = readServer({ name, shape, path: ['servers', name] }, sources)
    if (server?.databases[0] === undefined) return []
    const key = serverKey(server.databases[0].connection)
    const other = names.get(key)
    if (other !== undefined) {
      sources.file.addError(['servers', name, 'host'], `the server ${other} has the same host and port; declare each server once`)
    }
    names.set(key, name)
    return [server]
  })
}

/** A key that is equal for all connections to one server. The names and addresses of the loopback interface are one host. */
export function serverKey({ host, port }: Pick<Connection, 'host' | 'port'>): string {
  const isLoopback = !isSocket(host) && /^(localhost|127(\.\d+){3}|::1)$/i.test(host)
  return `${isLoopback ? 'localhost' : isSocket(host) ? host : host.toLowerCase()} ${port}`
}

function readServer(declared: Declared, sources: ConfigSources): Server | undefined {
  const { name, shape, path } = declared
  const names = Object.keys(shape.databases ?? {})
  const main = shape.database ?? names[0] ?? (shape.discover === undefined ? undefined : 'postgres')
  if (main === undefined) {
    if (!sources.file.hasError(path)) sources.file.addError(path, 'the server has no database; add databases, or discover: {}')
    return undefined
  }
  return {
    name,
    databases: [main, ...names.filter((one) => one !== main)].map((one) => readDatabase(one, declared, sources)),
    discovery: readDiscovery(declared, main, sources),
    detail: shape.detail ?? sources.detail,
    maxSessions: shape.max_sessions ?? 4,
    pollCostShare: costShareOf(shape.poll_cost_percent ?? sources.pollCostPercent),
    maxSamplesPerDatabase: shape.max_samples_per_database ?? 20_000,
    capacityBytes: shape.capacity_bytes,
    dataDirectory: shape.data_directory
  }
}

/** The fraction of a core; undefined for the default. */
export function costShareOf(percent: number | undefined): number | undefined {
  return percent === undefined ? undefined : percent / 100
}

function readDatabase(name: string, server: Declared, sources: ConfigSources): Database {
  const shape = server.shape.databases?.[name] ?? {}
  const path = [...server.path, 'databases', name]
  const [quota, capacity] = [shape.quota_bytes, server.shape.capacity_bytes]
  if (quota !== undefined && capacity !== undefined && quota > capacity) {
    sources.file.addError([...path, 'quota_bytes'], `the quota exceeds the capacity_bytes of the server, ${capacity}`)
  }
  return {
    name,
    connection: readConnection(name, server, { shape, path }, sources),
    team: shape.team ?? '',
    access: new Map(Object.entries(shape.access ?? {})),
    quotaBytes: quota,
    detail: shape.detail,
    keepsSession: shape.keep_sessions ?? server.shape.keep_sessions ?? sources.keepsSessions
  }
}

/** A credential is a role and its password: if the database names a role, the server's password does not apply to it. */
function readConnection(
  database: string,
  server: Declared,
  own: { readonly shape: DatabaseShape; readonly path: Path },
  sources: ConfigSources
): Connection {
  const user = own.shape.user ?? server.shape.user
  if (user === undefined && !sources.file.hasError(server.path)) {
    sources.file.addError([...server.path, 'user'], `required, because the database ${database} has no user`)
  }
  const origin = own.shape.password !== undefined || own.shape.user !== undefined ? own : server
  const { password } = origin.shape
  const tls = own.shape.tls === undefined ? undefined : { shape: own.shape.tls, path: [...own.path, 'tls'] }
  return {
    host: server.shape.host ?? '',
    port: server.shape.port ?? 5432,
    user: user ?? '',
    password: password === undefined ? fallbackPassword(sources) : readDeclaredSecret(password, [...origin.path, 'password'], sources),
    database,
    ...(sources.variables.get('channel_binding')?.value === 'require' && { requiresChannelBinding: true }),
    tls: readDeclaredTls({ shape: server.shape.tls ?? {}, path: [...server.path, 'tls'] }, tls, {
      ...sources,
      // On a socket, libpq ignores TLS.
      ...(isSocket(server.shape.host ?? '') && { variables: new Map() })
    })
  }
}

function readDiscovery(server: Declared, main: string, sources: ConfigSources): Discovery | undefined {
  const { discover } = server.shape
  if (discover === undefined) return undefined
  const patternsOf = (key: 'include' | 'exclude') =>
    (discover[key] ?? []).flatMap((text, index) => {
      try {
        return [new RegExp(text)]
      } catch (error) {
        const reason = (error as Error).message.split(': ').at(-1)
        sources.file.addError([...server.path, 'discover', key, String(index)], `invalid regular expression: ${reason}`)
        return []
      }
    })
  const connection = readConnection(main, server, { shape: {}, path: server.path }, sources)
  return { include: patternsOf('include'), exclude: patternsOf('exclude'), connection }
}
