import { isDeepStrictEqual } from 'node:util'
import type { Logger } from 'pino'
import { type Config, ConfigError } from './config.ts'
import { watchFiles } from './watch-files.ts'

export interface ReloadOptions {
  /** What is in force at the start. */
  readonly config: Config
  readonly read: () => Config
  /** Goes on with another configuration. */
  readonly apply: (config: Config) => void
  /** Tries again what was refused for its credential, all of it or where that stands in these files. */
  readonly retryCredentials: (files?: readonly string[]) => void
  /** Hears whether what was read is in force. */
  readonly configured: (isAccepted: boolean) => void
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>
}

export interface Reload {
  /** Reads the configuration now, and tries again what was refused for its credential. */
  readonly now: () => void
  readonly stop: () => void
}

/** What the process was started with and cannot change. */
const fixed = { host: 'PGVITALS_HOST', port: 'PGVITALS_PORT', logLevel: 'PGVITALS_LOG_LEVEL' } as const

/** Reads the configuration again when asked or when one of its files has changed. A wrong one is refused, and the last good one goes on. */
export function startReload({ config: first, read, apply, retryCredentials, configured, log }: ReloadOptions): Reload {
  let current = first
  const reload = () => {
    try {
      const next = read()
      for (const key of Object.keys(fixed) as (keyof typeof fixed)[]) {
        if (next[key] !== first[key]) log.warn(`${fixed[key]} is ${next[key]} now; that takes a restart, until then it is ${first[key]}`)
      }
      for (const note of next.notes) if (!current.notes.includes(note)) log.warn(note)
      apply(next)
      log.info(isSame(current, next) ? 'the configuration was read again and is the same' : describe(next))
      current = next
      files.watch(next.files)
      configured(true)
    } catch (error) {
      // What is not a mistake of the configuration is one of ours, and must not end the process either.
      const mistakes: readonly Error[] = error instanceof ConfigError ? error.errors : [error as Error]
      for (const { message } of mistakes) log.error(`the configuration is refused: ${message}`)
      log.error('the configuration of before goes on')
      if (error instanceof ConfigError) files.watch([...new Set([...current.files, ...error.files])])
      configured(false)
    }
  }
  const files = watchFiles((changed) => {
    reload()
    retryCredentials(changed)
  })
  files.watch(first.files)
  return {
    now: () => {
      reload()
      retryCredentials()
    },
    stop: files.stop
  }
}

function isSame(left: Config, right: Config): boolean {
  return (['servers', 'tokens', 'teams', 'queries'] as const).every((key) => isDeepStrictEqual(left[key], right[key]))
}

function describe({ servers }: Config): string {
  const names = servers.map(({ name, databases }) => `${name} (${databases.map((database) => database.name).join(', ')})`)
  return `the configuration was read again: ${names.join(', ')}`
}
