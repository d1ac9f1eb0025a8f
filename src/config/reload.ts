import { isDeepStrictEqual } from 'node:util'
import type { Logger } from 'pino'
import { type Config, ConfigError } from './config.ts'
import { watchFiles } from './watch-files.ts'

export interface ReloadOptions {
  /** The configuration at the start of the process. */
  readonly config: Config
  readonly read: () => Config
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

/** Reloads the configuration on demand and when one of its files changes. An invalid configuration is rejected, and the previous one is kept. */
export function startReload({ config: initial, read, apply, finished, log }: ReloadOptions): Reload {
  let current = initial
  const reload = (changedFiles?: readonly string[]) => {
    let isAccepted = false
    try {
      const next = read()
      for (const key of Object.keys(fixed) as (keyof typeof fixed)[]) {
        if (next[key] !== initial[key])
          log.warn(`${fixed[key]} changed to ${next[key]}; restart to apply it, the current value is ${initial[key]}`)
      }
      for (const note of next.notes) if (!current.notes.includes(note)) log.warn(note)
      apply(next)
      log.info(isSame(current, next) ? 'configuration reloaded; nothing changed' : `configuration reloaded: ${summarize(next)}`)
      current = next
      watcher.setFiles(next.files)
      isAccepted = true
    } catch (error) {
      // Any other error is a bug, which must not end the process either.
      const errors: readonly Error[] = error instanceof ConfigError ? error.errors : [error as Error]
      for (const { message } of errors) log.error(`invalid configuration: ${message}`)
      log.error('keeping the previous configuration')
      if (error instanceof ConfigError) watcher.setFiles([...new Set([...current.files, ...error.files])])
    }
    finished({ isAccepted, changedFiles })
  }
  const watcher = watchFiles(initial.files, reload)
  return { now: () => reload(), stop: watcher.stop }
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
