import type { Query } from '../query/query.ts'
import type { Records } from './record.ts'

/** What the watches of all servers have in common. */
export interface WatchOptions extends Records {
  readonly queries: readonly Query[]
  readonly standStillSeconds: () => number
  readonly sessionMaxAgeSeconds: number
  readonly discoverySeconds: number
  /** The part of a core that visits may cost the server where sessions cannot be kept. */
  readonly visitCostShare: number
  /** Hears of the end of each visit. */
  readonly visited: () => void
}
