import type { Files } from '../files/files.ts'
import type { Detail } from '../query/detail.ts'
import type { Tls } from '../server/tls.ts'
import type { ConfigFile } from './config-file.ts'
import type { LibpqParameters } from './libpq-parameters.ts'

/** The sources of the configuration, and the results that are collected while they are read. */
export interface ConfigSources {
  readonly environment: NodeJS.ProcessEnv
  readonly file: ConfigFile
  /** The values of libpq's environment variables. */
  readonly variables: LibpqParameters
  /** Whether databases keep their sessions between poll cycles by default. */
  readonly keepsSessions: boolean
  /** The default level of detail of servers. */
  readonly detail: Detail
  /** The default of `poll_cost_percent`; undefined if it is not set. */
  readonly pollCostPercent: number | undefined
  /** The errors in the environment. Those of the file are in `file`. */
  readonly errors: string[]
  /** Ignored and unusual settings, for the log. */
  readonly notes: string[]
  /** The TLS settings of each server, which most of its databases share: checking certificates is slow. */
  readonly sharedTls: Map<string, Tls>
  /** Reads the files that the environment or the file references. */
  readonly read: Files
  /** Every file that was read or is referenced, as an absolute path. A change in one of them triggers a reload. */
  readonly files: Set<string>
}
