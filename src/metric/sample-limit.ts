/** The samples that one query may export for one database, and the bytes of their label sets. */
export interface SampleLimit {
  readonly samples: number
  readonly bytes: number
}

export const noLimit: SampleLimit = { samples: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY }

/** Counts samples by database and compares them with its limit. One database cannot exhaust the limit of another. */
export class LimitedSamples {
  readonly #limitOf: (datname: string) => SampleLimit
  readonly #databases = new Map<string, { readonly limit: SampleLimit; samples: number; bytes: number }>()

  constructor(limitOf: (datname: string) => SampleLimit) {
    this.#limitOf = limitOf
  }

  /** Adds the samples of one row. Returns the limit that they exceed; undefined if they fit. After a row that exceeds a limit, no further row fits. */
  add(datname: string, samples: number, bytes: number): 'budget' | 'bytes' | undefined {
    let database = this.#databases.get(datname)
    if (database === undefined) {
      database = { limit: this.#limitOf(datname), samples: 0, bytes: 0 }
      this.#databases.set(datname, database)
    }
    database.samples += samples
    database.bytes += bytes
    if (database.samples > database.limit.samples) return 'budget'
    return database.bytes > database.limit.bytes ? 'bytes' : undefined
  }
}
