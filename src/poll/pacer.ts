import type { Query } from '../query/query.ts'
import { Measured } from './measured.ts'
import { connectSeconds, type Demand, usualDemand, visitIntervals } from './pace.ts'
import { placeOf } from './record.ts'
import type { Round } from './round.ts'
import type { Snapshots } from './snapshots.ts'

/** Knows what visits to one server's databases cost it, and how often each can be visited. */
export class Pacer {
  readonly #server: string
  readonly #snapshots: Snapshots
  readonly #costShare: number
  readonly #measured = new Map<string, Measured>()
  #demands: ReadonlyMap<string, Demand> = new Map()
  #intervals: ReadonlyMap<string, number> = new Map()

  constructor(server: string, snapshots: Snapshots, costShare: number) {
    this.#server = server
    this.#snapshots = snapshots
    this.#costShare = costShare
  }

  /** A visit to this database has ended: takes what coming and going took, and how long the queries took the last time. */
  visited(name: string, perVisit: number, queries: readonly Query[]): void {
    const measured = this.#measured.get(name) ?? new Measured()
    this.#measured.set(name, measured)
    const asked = queries.filter(({ scope }) => scope === 'database')
    const demand: Demand = {
      perVisit: perVisit === 0 ? 0 : Math.max(connectSeconds, measured.take('', perVisit)),
      queries: asked.map((query) => {
        const { seconds = 0, failure } = this.#snapshots.get(placeOf(query, this.#server, name)) ?? {}
        // Who waits for a lock costs nothing.
        const isIdle = failure?.errorClass === 'lock'
        return { seconds: isIdle ? 0 : measured.take(query.name, seconds), intervalSeconds: query.intervalSeconds }
      })
    }
    this.#demands = new Map([...this.#demands, [name, demand]])
  }

  /** Where sessions cannot all be kept, visits are as rare as their cost demands. */
  setPaces(rounds: ReadonlyMap<string, Round>, kept: ReadonlySet<string>, unitSeconds: number): void {
    if (kept.size < rounds.size) this.#plan([...rounds.keys()], unitSeconds)
    else this.#intervals = new Map()
    for (const [name, round] of rounds) {
      const intervalSeconds = this.#intervals.get(name) ?? unitSeconds
      if (!round.setPace({ intervalSeconds, isSpread: !kept.has(name) })) continue
      for (const query of round.queries()) this.#snapshots.stretch(placeOf(query, this.#server, name), query.intervalSeconds)
    }
  }

  #plan(names: readonly string[], unitSeconds: number): void {
    for (const name of this.#measured.keys()) if (!names.includes(name)) this.#measured.delete(name)
    this.#demands = new Map(names.map((name) => [name, this.#demands.get(name) ?? usualDemand]))
    this.#intervals = visitIntervals(this.#demands, this.#costShare, unitSeconds, this.#intervals)
  }
}
