import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import type { Server } from '../server/server.ts'
import { readServers } from './servers.ts'
import { readSettings } from './settings.ts'

/** Everything that is set from outside. */
export interface Config {
  readonly host: string
  readonly port: number
  readonly logLevel: string
  /** A user's own folder of queries. */
  readonly queriesFolder: string | undefined
  /** Queries switched off or tuned, as YAML text. */
  readonly queriesTuning: string
  readonly servers: readonly Server[]
  /** What was passed over, for the log. */
  readonly notes: readonly string[]
}

/** Reads the environment; throws an AggregateError of every mistake at once. */
export function readConfig(environment: NodeJS.ProcessEnv): Config {
  const mistakes: string[] = []
  const notes: string[] = []
  const settings = readSettings(environment, mistakes)
  const servers = readServers(environment, mistakes, notes)
  if (settings === undefined || mistakes.length > 0) {
    throw new AggregateError(
      mistakes.map((mistake) => new Error(mistake)),
      mistakes.join('\n')
    )
  }
  return {
    host: settings.PGVITALS_HOST,
    port: settings.PGVITALS_PORT,
    logLevel: settings.PGVITALS_LOG_LEVEL,
    queriesFolder: settings.PGVITALS_QUERIES_DIR || undefined,
    queriesTuning: settings.PGVITALS_QUERIES,
    servers,
    notes
  }
}

/** The process's environment, and below it the file `.env` of the working folder when there is one. */
export function readEnvironment(): NodeJS.ProcessEnv {
  try {
    return { ...parseEnv(readFileSync('.env', 'utf8')), ...process.env }
  } catch {
    return process.env
  }
}
