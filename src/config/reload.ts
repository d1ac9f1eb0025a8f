import { isDeepStrictEqual } from 'node:util'
import type { Logger } from 'pino'
import { type Config, ConfigError } from './config.ts'
import { watchFiles } from './watch-files.ts'

export interface ReloadOptions {
  /** The configuration at the start of the process. */
  readonly config: Config
  readonly read: () => Promise<Config>
  readonly apply: (config: Config) => void
  /** Called at the end of each reload. */
  readonly finished: (outcome: ReloadOutcome) => void
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>
}

export interface ReloadOutcome {
  /** Whether the configuration was applied. */
  readonly isAccepted: boolean
  /** The files that triggered the reload; undefined if `now` did. A password file among them may contain a new password. */
  readonly changedFiles: readonly string[] | undefined
}

export interface Reload {
  /** Reads and applies the configuration now. */
  readonly now: () => void
  readonly stop: () => void
}

/** The settings that only a restart can change. */
const fixed = { host: 'PGVITALS_HOST', port: 'PGVITALS_PORT', logLevel: 'PGVITALS_LOG_LEVEL', isTls: 'TLS in PGVITALS_WEB_CONFIG' } as const

/**
 * Reloads the configuration on demand and when one of its files changes, one reload at a time. Requests during a reload are
 * combined into one reload after it. An invalid configuration is rejected, and the previous one is kept.
 */
export function startReload({ config: initial, read, apply, finished, log }: ReloadOptions): Reload {
  let current = initial
  let isReloading = false
  let isStopped = false
  /** The reload that is requested. */
  let requested: Pick<ReloadOutcome, 'changedFiles'> | undefined

  const request = (changedFiles: readonly string[] | undefined) => {
    const isOnDemand = changedFiles === undefined || (requested !== undefined && requested.changedFiles === undefined)
    requested = { changedFiles: isOnDemand ? undefined : [...new Set([...(requested?.changedFiles ?? []), ...changedFiles])] }
    if (!isReloading) void reloadAll()
  }

  const reloadAll = async () => {
    isReloading = true
    while (requested !== undefined && !isStopped) {
      const { changedFiles } = requested
      requested = undefined
      const isAccepted = await reload()
      if (!isStopped) finished({ isAccepted, changedFiles })
    }
    isReloading = false
  }

  /** Whether the configuration was accepted. */
  const reload = async (): Promise<boolean> => {
    const next = await read().catch(reject)
    if (next === undefined || isStopped) return false
    for (const key of Object.keys(fixed) as (keyof typeof fixed)[]) {
      if (next[key] !== initial[key])
        log.warn(`${fixed[key]} changed to ${next[key]}; restart to apply it, the current value is ${initial[key]}`)
    }
    for (const note of next.notes) if (!current.notes.includes(note)) log.warn(note)
    // An error here is a bug that leaves the configuration partly applied. It ends the process.
    apply(next)
    log.info(isSame(current, next) ? 'configuration reloaded; nothing changed' : `configuration reloaded: ${summarize(next)}`)
    current = next
    watcher.setFiles(next.files)
    return true
  }

  const reject = (error: unknown): undefined => {
    if (error instanceof ConfigError) {
      for (const { message } of error.errors) log.error(`invalid configuration: ${message}`)
      watcher.setFiles([...new Set([...current.files, ...error.files])])
    } else {
      // A bug. Nothing was applied yet.
      log.error({ err: error }, `cannot read the configuration: ${(error as Error).message}`)
    }
    log.error('keeping the previous configuration')
  }

  const watcher = watchFiles(initial.files, request)
  return {
    now: () => request(undefined),
    stop: () => {
      isStopped = true
      watcher.stop()
    }
  }
}

function isSame(left: Config, right: Config): boolean {
  return (['servers', 'shard', 'targets', 'allowedHosts', 'tokens', 'teams', 'queries', 'web'] as const).every((key) =>
    isDeepStrictEqual(left[key], right[key])
  )
}

/** `main (platform, users), local (postgres)` */
function summarize({ servers }: Config): string {
  return servers.map(({ name, databases }) => `${name} (${databases.map((database) => database.name).join(', ')})`).join(', ')
}
