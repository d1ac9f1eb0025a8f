import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseEnv } from 'node:util'
import { loadQueries } from '../query/load.ts'
import type { Query } from '../query/query.ts'
import { tuneQueries } from '../query/tune.ts'
import type { Secret } from '../server/credential.ts'
import type { Server } from '../server/server.ts'
import { readConfigFile } from './config-file.ts'
import { readDeclaredServers } from './declared-servers.ts'
import { readDeclaredTeams, readDeclaredTokens, type Team } from './declared-teams.ts'
import { tellExcluded } from './excluded.ts'
import { nearestWord } from './nearest-word.ts'
import type { Reading } from './reading.ts'
import { addNamedServers } from './servers.ts'
import { readSettings } from './settings.ts'

/** Everything that is set from outside. */
export interface Config {
  readonly host: string
  readonly port: number
  readonly logLevel: string
  readonly queries: readonly Query[]
  readonly servers: readonly Server[]
  /** Who may read everything; with any token here or at a team nothing is read without one. */
  readonly tokens: readonly Secret[]
  /** The teams that have tokens of their own. */
  readonly teams: ReadonlyMap<string, Team>
  /** What was passed over, for the log. */
  readonly notes: readonly string[]
  /** Every file that was read or named, absolute: when one changes, the configuration may be another. */
  readonly files: readonly string[]
}

/** Every mistake of a configuration that cannot be right, and its files: when one changes, it may be right. */
export class ConfigError extends AggregateError {
  readonly files: readonly string[]

  constructor(mistakes: readonly string[], files: readonly string[]) {
    super(
      mistakes.map((mistake) => new Error(mistake)),
      mistakes.join('\n')
    )
    this.files = files
  }
}

/** Reads the environment and `pgvitals.yaml`; throws a ConfigError of every mistake in both at once. */
export function readConfig(environment: NodeJS.ProcessEnv): Config {
  const reading = startReading(environment)
  const settings = readSettings(environment, reading.mistakes)
  const declared = readDeclaredServers(reading)
  const servers = addNamedServers(declared, reading)
  tellExcluded(servers, reading)
  const teams = readDeclaredTeams(servers, reading)
  const tokens = readDeclaredTokens(reading)
  const queries = readAllQueries(reading)
  throwMistakes(reading)
  // Without a mistake there are settings.
  const { PGVITALS_HOST: host = '', PGVITALS_PORT: port = 0, PGVITALS_LOG_LEVEL: logLevel = '' } = settings ?? {}
  return { host, port, logLevel, queries, servers, tokens, teams, notes: reading.notes, files: [...reading.files] }
}

/** The query files, tuned by the environment and `pgvitals.yaml`; throws a ConfigError of every mistake. */
export function readQueries(environment: NodeJS.ProcessEnv): readonly Query[] {
  const reading = startReading(environment)
  const queries = readAllQueries(reading)
  throwMistakes(reading)
  return queries
}

/** The process's environment, and below it the file `.env` of the working folder when there is one. */
export function readEnvironment(): NodeJS.ProcessEnv {
  try {
    return { ...parseEnv(readFileSync('.env', 'utf8')), ...process.env }
  } catch {
    return process.env
  }
}

function startReading(environment: NodeJS.ProcessEnv): Reading {
  const file = readConfigFile(environment.PGVITALS_CONFIG || undefined)
  return { environment, file, mistakes: [], notes: [], sharedTls: new Map(), files: new Set([resolve(file.name), resolve('.env')]) }
}

function readAllQueries({ environment, file, mistakes }: Reading): readonly Query[] {
  try {
    const queries = loadQueries(environment.PGVITALS_QUERIES_DIR || undefined)
    const names = [...new Set(queries.map(({ name }) => name))]
    const tuning = Object.entries(file.shape.queries ?? {}).filter(([name]) => {
      if (names.includes(name)) return true
      const nearest = nearestWord(name, names)
      file.tell(['queries', name], `is no query; ${nearest ? `did you mean "${nearest}"?` : '`pgvitals queries` lists them'}`)
      return false
    })
    return tuneQueries(queries, environment.PGVITALS_QUERIES ?? '', 'PGVITALS_QUERIES', Object.fromEntries(tuning))
  } catch (error) {
    mistakes.push(...(error instanceof AggregateError ? error.errors : [error as Error]).map(({ message }) => message))
    return []
  }
}

function throwMistakes({ mistakes, file, files }: Reading): void {
  const all = [...mistakes, ...file.mistakes()]
  if (all.length > 0) throw new ConfigError(all, [...files])
}
