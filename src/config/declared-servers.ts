import type { Connection, Database, Discovery, Server } from '../server/server.ts'
import { readDeclaredSecret } from './declared-secret.ts'
import { readDeclaredTls } from './declared-tls.ts'
import { fallbackPassword } from './fallback-password.ts'
import type { DatabaseShape, ServerShape } from './file-shape.ts'
import type { Path } from './located-yaml.ts'
import type { Reading } from './reading.ts'
import { serverKey } from './server-key.ts'

/** A server of the file, and where it stands there. */
interface Declared {
  readonly name: string
  readonly shape: ServerShape
  readonly path: Path
}

const noTls = {}

/** Reads the `servers` of the file; what cannot be right is told and left out. */
export function readDeclaredServers(reading: Reading): readonly Server[] {
  const names = new Map<string, string>()
  return Object.entries(reading.file.shape.servers ?? {}).flatMap(([name, shape]) => {
    const server = readServer({ name, shape, path: ['servers', name] }, reading)
    if (server?.databases[0] === undefined) return []
    const key = serverKey(server.databases[0].connection)
    const other = names.get(key)
    if (other !== undefined)
      reading.file.tell(['servers', name, 'host'], `and port are those of the server ${other}; one server stands here once`)
    names.set(key, name)
    return [server]
  })
}

function readServer(declared: Declared, reading: Reading): Server | undefined {
  const { name, shape, path } = declared
  const names = Object.keys(shape.databases ?? {})
  const main = shape.database ?? names[0] ?? (shape.discover === undefined ? undefined : 'postgres')
  if (main === undefined) {
    if (!reading.file.isMistaken(path)) reading.file.tell(path, 'has no database; add databases, or discover: {} to find them')
    return undefined
  }
  return {
    name,
    databases: [main, ...names.filter((one) => one !== main)].map((one) => readDatabase(one, declared, reading)),
    discovery: readDiscovery(declared, main, reading),
    maxSessions: shape.max_sessions ?? 4,
    maxSamplesPerDatabase: shape.max_samples_per_database ?? 20_000,
    capacityBytes: shape.capacity_bytes,
    dataDirectory: shape.data_directory
  }
}

function readDatabase(name: string, server: Declared, reading: Reading): Database {
  const shape = server.shape.databases?.[name] ?? {}
  const path = [...server.path, 'databases', name]
  const [quota, capacity] = [shape.quota_bytes, server.shape.capacity_bytes]
  if (quota !== undefined && capacity !== undefined && quota > capacity) {
    reading.file.tell([...path, 'quota_bytes'], `is more than the server's capacity_bytes, ${capacity}`)
  }
  return {
    name,
    connection: readConnection(name, server, { shape, path }, reading),
    team: shape.team ?? '',
    access: new Map(Object.entries(shape.access ?? {})),
    quotaBytes: quota
  }
}

/** A credential is a role and its password: where the database names a role, the server's password is not tried on it. */
function readConnection(
  database: string,
  server: Declared,
  own: { readonly shape: DatabaseShape; readonly path: Path },
  reading: Reading
): Connection {
  const user = own.shape.user ?? server.shape.user
  if (user === undefined && !reading.file.isMistaken(server.path)) {
    reading.file.tell([...server.path, 'user'], `is missing; ${database} has none of its own`)
  }
  const place = own.shape.password !== undefined || own.shape.user !== undefined ? own : server
  const { password } = place.shape
  const tls = own.shape.tls === undefined ? undefined : { shape: own.shape.tls, path: [...own.path, 'tls'] }
  return {
    host: server.shape.host ?? '',
    port: server.shape.port ?? 5432,
    user: user ?? '',
    password: password === undefined ? fallbackPassword(reading) : readDeclaredSecret(password, [...place.path, 'password'], reading),
    database,
    tls: readDeclaredTls({ shape: server.shape.tls ?? noTls, path: [...server.path, 'tls'] }, tls, reading)
  }
}

function readDiscovery(server: Declared, main: string, reading: Reading): Discovery | undefined {
  const { discover } = server.shape
  if (discover === undefined) return undefined
  const patternsOf = (key: 'include' | 'exclude') =>
    (discover[key] ?? []).flatMap((text, index) => {
      try {
        return [new RegExp(text)]
      } catch (error) {
        const reason = (error as Error).message.split(': ').at(-1)
        reading.file.tell([...server.path, 'discover', key, String(index)], `is "${text}", no regular expression: ${reason}`)
        return []
      }
    })
  const connection = readConnection(main, server, { shape: {}, path: server.path }, reading)
  return { include: patternsOf('include'), exclude: patternsOf('exclude'), connection }
}
