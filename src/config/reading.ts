import type { Tls } from '../server/tls.ts'
import type { ConfigFile } from './config-file.ts'

/** What is at hand, and what is gathered, while the configuration is read. */
export interface Reading {
  readonly environment: NodeJS.ProcessEnv
  readonly file: ConfigFile
  /** The mistakes of the environment; the file keeps its own. */
  readonly mistakes: string[]
  /** What is passed over, for the log. */
  readonly notes: string[]
  /** The TLS of each server, which most of its databases share: certificates take time to check. */
  readonly sharedTls: Map<object, Tls>
  /** Every file that was read or named, absolute: when one changes, the configuration is read again. */
  readonly files: Set<string>
}
