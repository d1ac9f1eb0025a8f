import { resolve } from 'node:path'
import { parseEnv } from 'node:util'
import { FileError } from '../files/call-file-system.ts'
import { type Files, withFiles } from '../files/files.ts'
import { readTextFile } from '../files/read-file.ts'
import { defaultDetail, parseDetail } from '../query/detail.ts'
import { loadQueries } from '../query/load.ts'
import type { Query } from '../query/query.ts'
import { tuneQueries } from '../query/tune.ts'
import type { Secret } from '../server/credential.ts'
import type { Server } from '../server/server.ts'
import { readAllowedHosts } from './allowed-hosts.ts'
import { defaultName, readConfigFile } from './config-file.ts'
import type { ConfigSources } from './config-sources.ts'
import { readDeclaredTeams, readDeclaredTokens, type Team } from './declared-teams.ts'
import { didYouMean } from './did-you-mean.ts'
import { readVariables } from './libpq-parameters.ts'
import { parseYamlAhead } from './located-yaml.ts'
import { readServers } from './servers.ts'
import { readSettings } from './settings.ts'
import { checkShardTargets, checkTarget, ownAddresses, readShard, type Shard, serversOf, type Target, targetsOf } from './shard.ts'
import { readWebConfig, type WebConfig } from './web-config.ts'

/** The configuration from the environment and `pgvitals.yaml`. */
export interface Config {
  readonly host: string
  readonly port: number
  readonly logLevel: string
  readonly queries: readonly Query[]
  /** The servers of the shard of this process; all servers without a shard. */
  readonly servers: readonly Server[]
  readonly shard: Shard | undefined
  /** The targets that Prometheus can scrape. */
  readonly targets: readonly Target[]
  /** Names in the `Host` header that are allowed in addition to the default: those of the setting and of the own targets. */
  readonly allowedHosts: readonly string[]
  /** The tokens that give access to everything. If there is any token, here or of a team, every request needs one. */
  readonly tokens: readonly Secret[]
  /** The teams in the file, which may have their own tokens and users. */
  readonly teams: ReadonlyMap<string, Team>
  /** The configuration of the HTTP server; undefined without `PGVITALS_WEB_CONFIG`. */
  readonly web: WebConfig | undefined
  /** Whether the HTTP server serves HTTPS. */
  readonly isTls: boolean
  /** Ignored and unusual settings, for the log. */
  readonly notes: readonly string[]
  /** Every file that was read or is referenced, as an absolute path. A change in one of them triggers a reload. */
  readonly files: readonly string[]
}

/** All errors of a configuration, and its files: a change in one of them may fix it. */
export class ConfigError extends AggregateError {
  readonly files: readonly string[]

  constructor(messages: readonly string[], files: readonly string[]) {
    super(
      messages.map((message) => new Error(message)),
      messages.join('\n')
    )
    this.files = files
  }
}

/** Reads the environment, `pgvitals.yaml` and the files that they reference. Throws a ConfigError with all errors. */
export async function readConfig(environment: NodeJS.ProcessEnv): Promise<Config> {
  const yamlFiles = new Set(
    [environment.PGVITALS_CONFIG || defaultName, environment.PGVITALS_WEB_CONFIG ?? ''].map((name) => resolve(name))
  )
  return await withFiles(
    (files) => parseConfig(environment, files),
    async (path, text) => {
      if (yamlFiles.has(path)) await parseYamlAhead(text)
    }
  )
}

/** Parses the environment and these files. Throws a ConfigError with all errors. */
export function parseConfig(environment: NodeJS.ProcessEnv, read: Files): Config {
  const errors: string[] = []
  const sources = { ...openSources(environment, read), variables: readVariables(environment, errors) }
  sources.errors.push(...errors)
  const settings = readSettings(environment, secretVariables(sources), sources.errors)
  const servers = readServers(sources)
  const { PGVITALS_SHARD: shardText = '', PGVITALS_SHARD_TARGETS: template = '', PGVITALS_TARGET: own = '' } = settings ?? {}
  const shard = readShard(shardText, sources.errors)
  checkShardTargets(template, shardText !== '', sources.errors)
  checkTarget(own, template, sources.errors)
  const allowedHosts = readAllowedHosts(settings?.PGVITALS_ALLOWED_HOSTS ?? '', sources.errors)
  const tokens = readDeclaredTokens(sources)
  const queries = readAllQueries(sources)
  const web = environment.PGVITALS_WEB_CONFIG ? readWebConfig(environment.PGVITALS_WEB_CONFIG, sources) : undefined
  const teams = readDeclaredTeams(servers, web && new Set(web.users.keys()), sources)
  throwErrors(sources)
  // `settings` is defined unless there were errors.
  const { PGVITALS_HOST: host = '', PGVITALS_PORT: port = 0, PGVITALS_LOG_LEVEL: logLevel = '' } = settings ?? {}
  const polled = serversOf(servers, shard)
  if (shard !== undefined) sources.notes.push(`shard ${shard.index} of ${shard.count}: ${polled.length} of ${servers.length} servers`)
  const addresses = { template, own }
  return {
    host,
    port,
    logLevel,
    queries,
    servers: polled,
    shard,
    targets: targetsOf(servers, shard, addresses),
    allowedHosts: [...allowedHosts, ...ownAddresses(shard, addresses).map((address) => address.replace(/:\d+$/, '').toLowerCase())],
    tokens,
    teams,
    web,
    isTls: web?.tls !== undefined,
    notes: sources.notes,
    files: [...sources.files]
  }
}

/** Reads the query files, tuned by the environment and `pgvitals.yaml`. Throws a ConfigError with all errors. */
export async function readQueries(environment: NodeJS.ProcessEnv): Promise<readonly Query[]> {
  return await withFiles((files) => {
    const sources = openSources(environment, files)
    const queries = readAllQueries(sources)
    throwErrors(sources)
    return queries
  })
}

/** The environment of the process, with the variables of the file `.env` in the working directory as defaults. */
export async function readEnvironment(): Promise<NodeJS.ProcessEnv> {
  try {
    return { ...parseEnv(await readTextFile(resolve('.env'))), ...process.env }
  } catch (error) {
    if (!(error instanceof FileError)) throw error
    // A file without read permission belongs to another user. A folder of this name is often a virtual environment of Python.
    if (error.isMissing || error.code === 'EISDIR' || error.code === 'EACCES') return process.env
    throw new ConfigError([`.env: cannot be read: ${error.message}`], [resolve('.env')])
  }
}

/** The variables that the file references as `{ env: NAME }`. A PGVITALS_PASSWORD among them is a secret, not an unknown setting. */
function secretVariables({ file }: ConfigSources): ReadonlySet<string> {
  return new Set([...JSON.stringify(file.shape).matchAll(/"env":"([^"]+)"/g)].map(([, name = '']) => name))
}

function openSources(environment: NodeJS.ProcessEnv, read: Files): ConfigSources {
  const file = readConfigFile(environment.PGVITALS_CONFIG || undefined, read)
  const files = new Set([resolve(file.name), resolve('.env')])
  return {
    environment,
    file,
    keepsSessions: environment.PGVITALS_KEEP_SESSIONS === 'on',
    detail: file.shape.detail ?? parseDetail(environment.PGVITALS_DETAIL ?? '') ?? defaultDetail,
    pollCostPercent: environment.PGVITALS_POLL_COST_PERCENT ? Number(environment.PGVITALS_POLL_COST_PERCENT) : undefined,
    variables: new Map(),
    errors: [],
    notes: [],
    sharedTls: new Map(),
    read,
    files
  }
}

function readAllQueries({ environment, file, errors, read }: ConfigSources): readonly Query[] {
  try {
    const folder = environment.PGVITALS_QUERIES_DIR || undefined
    const queries = loadQueries(folder === undefined ? undefined : { folder, files: read })
    const names = [...new Set(queries.map(({ name }) => name))]
    const tuning = Object.entries(file.shape.queries ?? {}).filter(([name]) => {
      if (names.includes(name)) return true
      file.addError(['queries', name], `unknown query; ${didYouMean(name, names) || '`pgvitals queries` lists all queries'}`.trim())
      return false
    })
    return tuneQueries(queries, environment.PGVITALS_QUERIES ?? '', 'PGVITALS_QUERIES', Object.fromEntries(tuning))
  } catch (error) {
    errors.push(...(error instanceof AggregateError ? error.errors : [error as Error]).map(({ message }) => message))
    return []
  }
}

function throwErrors({ errors, file, files }: ConfigSources): void {
  const all = [...errors, ...file.errors()]
  if (all.length > 0) throw new ConfigError(all, [...files])
}
