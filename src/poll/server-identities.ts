import type { Identity } from '../server/facts.ts'

/** The identity of the server that responds, as far as the role may read it. */
export interface Seen {
  /** Undefined if the role may not read it. */
  readonly identity: Identity | undefined
  /** The major version. */
  readonly major: number | undefined
}

interface Known extends Seen {
  /** The time of its last response. */
  readonly seenAt: number
  /** Whether another server has responded since. */
  readonly isReplaced: boolean
}

/**
 * A server or database that responds again within this time has not been replaced: several respond in turn. `longestMs` is
 * the longest interval between the poll cycles of a database.
 */
export function severalMs(longestMs: number): number {
  return Math.max(600_000, 4 * longestMs)
}

/**
 * The running servers that have responded at the address of one server. Decides whether another server has replaced the
 * previous one, or whether several respond in turn, as behind a reader endpoint or a pooler with several hosts. Times are
 * in milliseconds of one clock. docs/decisions/0020-identity.md describes the rules.
 */
export class ServerIdentities {
  /** In the order of their last responses. */
  #known: readonly Known[] = []

  /** Whether several servers have responded in turn. */
  get areSeveral(): boolean {
    return this.#known.filter(({ isReplaced }) => !isReplaced).length > 1
  }

  /**
   * Records a response. Returns whether another server has replaced the previous one. A restarted server remains the same.
   */
  responded(seen: Seen, now: number, longestMs = 0): boolean {
    const last = this.#known.at(-1)
    const recent = this.#known.filter((one) => one === last || now - one.seenAt <= severalMs(longestMs))
    // The last one first: what cannot be read is then that of the server that responded last.
    const same = recent.findLast((one) => isSame(one, seen)) ?? recent.findLast((one) => isRestarted(one, seen, now))
    const others = recent.filter((one) => one !== same)
    // A replaced server that responds again was not replaced: the servers respond in turn.
    const isReplacement = same === undefined && others.filter(({ isReplaced }) => !isReplaced).length === 1
    this.#known = [
      ...others.map((one) => (isReplacement ? { ...one, isReplaced: true } : one)),
      { ...seen, identity: seen.identity ?? same?.identity, seenAt: now, isReplaced: false }
    ]
    return isReplacement
  }
}

/** Unknown values are assumed to be equal. The system identifier and the version change only with the server. */
function isSameCluster(known: Known, { identity, major }: Seen): boolean {
  const [before, after] = [known.identity?.systemIdentifier, identity?.systemIdentifier]
  return known.major === major && (!before || !after || before === after)
}

function isSame(known: Known, seen: Seen): boolean {
  const [before, after] = [known.identity?.startTime, seen.identity?.startTime]
  return isSameCluster(known, seen) && (before === undefined || after === undefined || before === after)
}

/** Whether the server started after its last response. A standby has the same system identifier, but was running before. */
function isRestarted(known: Known, seen: Seen, now: number): boolean {
  const { uptimeSeconds } = seen.identity ?? {}
  return isSameCluster(known, seen) && (uptimeSeconds === undefined || now - uptimeSeconds * 1000 >= known.seenAt)
}
