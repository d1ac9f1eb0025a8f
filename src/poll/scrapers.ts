const forgetAfterMs = 600_000

/** Knows how often the page is read, by each client's address. Milliseconds of `performance.now()`. */
export class Scrapers {
  readonly #clients = new Map<string, { lastAt: number; periodMs: number }>()
  readonly #shortestStandStillSeconds: number

  constructor(shortestStandStillSeconds = 120) {
    this.#shortestStandStillSeconds = shortestStandStillSeconds
  }

  seen(client: string, now: number): void {
    const { lastAt = now } = this.#clients.get(client) ?? {}
    this.#clients.set(client, { lastAt: now, periodMs: now - lastAt })
    for (const [name, { lastAt }] of this.#clients) if (now - lastAt > forgetAfterMs) this.#clients.delete(name)
  }

  /** How long a row that enters or leaves a limited page stands still: two minutes, or three of the longest period. */
  standStillSeconds(): number {
    const periods = [...this.#clients.values()].map(({ periodMs }) => periodMs).filter((period) => period < forgetAfterMs)
    return Math.max(this.#shortestStandStillSeconds, (3 * Math.max(0, ...periods)) / 1000)
  }
}
