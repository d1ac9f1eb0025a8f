import { parsePage } from './parse-page.ts'

/** The increases that one scraper sees, by the rule of Prometheus's `increase()` without extrapolation. */
export class IncreaseCounter {
  readonly #last = new Map<string, number>()
  /** By `metric datname`. */
  readonly increase = new Map<string, number>()

  /** Reads a page. The first sample of a series is no increase; after a decrease the whole value is one. */
  scrape(page: string, metrics: ReadonlySet<string>): void {
    for (const { name, labels, value } of parsePage(page)) {
      if (!metrics.has(name)) continue
      const series = name + JSON.stringify(labels)
      const before = this.#last.get(series)
      const gained = before === undefined ? 0 : value < before ? value : value - before
      const key = `${name} ${labels.datname}`
      this.increase.set(key, (this.increase.get(key) ?? 0) + gained)
      this.#last.set(series, value)
    }
  }
}
