import { validateHeaderValue } from 'node:http'
import { resolve } from 'node:path'
import { type ConfigFile, readYamlFile } from './config-file.ts'
import type { ConfigSources } from './config-sources.ts'
import { readTlsServer, type TlsServerConfig } from './declared-tls-server.ts'
import { validate } from './generated/validate-web-config.ts'
import type { WebConfigShape } from './web-config-schema.ts'

/** The configuration of the HTTP server from the file in `PGVITALS_WEB_CONFIG`. */
export interface WebConfig {
  /** Undefined without TLS. */
  readonly tls: TlsServerConfig | undefined
  /** The bcrypt hash of the password of each user. */
  readonly users: ReadonlyMap<string, string>
  /** Headers of every response, by name. */
  readonly headers: Readonly<Record<string, string>>
  readonly rateLimit: RateLimit | undefined
}

/** The limit of requests: on average one per interval, and at most `burst` at once. */
export interface RateLimit {
  readonly intervalSeconds: number
  readonly burst: number
}

/** The maximum cost of a hash. A comparison takes four seconds at cost 16, and twice as long for each further step. */
const greatestCost = 16

/**
 * Reads the web configuration of the Prometheus exporter toolkit and the files that it references. Adds errors, notes and
 * files to the lists. Errors contain neither a key nor a hash.
 */
export function readWebConfig(name: string, sources: Pick<ConfigSources, 'errors' | 'notes' | 'files' | 'read'>): WebConfig {
  sources.files.add(resolve(name))
  const file = readYamlFile<WebConfigShape>(
    name,
    true,
    sources.read,
    validate,
    'tls_server_config, http_server_config, basic_auth_users or rate_limit'
  )
  if (file.shape.http_server_config?.http2) sources.notes.push(`${name}: http_server_config.http2: pgvitals serves HTTP/1.1 only`)
  const web = {
    tls: readTlsServer(file, sources),
    users: readUsers(file),
    headers: readHeaders(file),
    rateLimit: readRateLimit(file)
  }
  sources.errors.push(...file.errors())
  return web
}

function readUsers(file: ConfigFile<WebConfigShape>): ReadonlyMap<string, string> {
  const users = new Map<string, string>()
  for (const [name, hash] of Object.entries(file.shape.basic_auth_users ?? {})) {
    // YAML reads `{ alice:$2y$10$… }`, without a space, as a name.
    const printable = name.replace(/[:$].*/s, '')
    const error = userError(name, hash)
    if (error !== undefined) file.addError(['basic_auth_users', ...(printable === '' ? [] : [printable])], error)
    else users.set(name, String(hash))
  }
  return users
}

function userError(name: string, hash: unknown): string | undefined {
  if (name === '') return 'the name must not be empty'
  if (name.includes(':')) return 'the name of a user cannot contain a colon; write a space between the colon and the hash'
  const [, cost] = (typeof hash === 'string' && /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/.exec(hash)) || []
  if (cost === undefined) return 'expected a bcrypt hash; `htpasswd -nBC 10 "" | tr -d ":\\n"` creates one'
  if (Number(cost) < 4 || Number(cost) > greatestCost) return `the cost of the bcrypt hash is ${cost}; it must be from 4 to ${greatestCost}`
  return undefined
}

/** The headers with a value. Node.js throws at an invalid value in each response, so it is checked here. */
function readHeaders(file: ConfigFile<WebConfigShape>): Readonly<Record<string, string>> {
  const headers = Object.entries(file.shape.http_server_config?.headers ?? {}).filter(([, value]) => value !== '')
  for (const [name, value] of headers) {
    try {
      validateHeaderValue(name, value)
    } catch {
      file.addError(['http_server_config', 'headers', name], 'contains a character that is not allowed in a header')
    }
  }
  return Object.fromEntries(headers)
}

function readRateLimit(file: ConfigFile<WebConfigShape>): RateLimit | undefined {
  const { interval, burst } = file.shape.rate_limit ?? {}
  if (interval === undefined || burst === undefined) return undefined
  const intervalSeconds = parseGoDuration(String(interval))
  if (intervalSeconds === undefined)
    file.addError(['rate_limit', 'interval'], 'invalid value; expected a duration such as 100ms or 1s, or 0')
  return intervalSeconds === undefined || intervalSeconds === 0 ? undefined : { intervalSeconds, burst }
}

const secondsPerUnit: Readonly<Record<string, number>> = { ns: 1e-9, us: 1e-6, µs: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600 }

/** The seconds of a duration such as `1m30s` or `0`; undefined if it is invalid. Source: Go's `time.ParseDuration`. */
function parseGoDuration(text: string): number | undefined {
  if (text === '0') return 0
  const part = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)/g
  if (text === '' || text.replaceAll(part, '') !== '') return undefined
  return [...text.matchAll(part)].reduce((sum, [, number, unit = '']) => sum + Number(number) * (secondsPerUnit[unit] ?? 0), 0)
}
