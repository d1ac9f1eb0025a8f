import { type PageSample, parsePage } from '../test/page/parse-page.ts'

/** The result of one scrape of the whole page. */
export interface Scrape {
  /** Time of the request, in milliseconds since 1970. */
  readonly at: number
  /** The HTTP status; 0 without a complete response. */
  readonly status: number
  /** From the request to the last byte. */
  readonly milliseconds: number
  readonly text: string
}

/** The state of servers on one page. */
export interface Seen {
  readonly scrape: Scrape
  readonly up: (server: string) => number | undefined
  readonly databaseUp: (server: string, datname: string) => number | undefined
  /** The state of a database: `up`, `not_polled`, `not_permitted` or an error class. */
  readonly reason: (server: string, datname: string) => string | undefined
  readonly databasesDown: (server: string) => readonly string[]
  /** The failed queries, as `query` or `query@datname`. */
  readonly failing: (server: string) => readonly string[]
  readonly sessions: (server: string) => number | undefined
  /** Unix times of the last successful polls, in milliseconds, by query and database. */
  readonly polledAt: (server: string) => readonly { readonly query: string; readonly at: number }[]
  /** All samples of one metric. */
  readonly samples: (metric: string) => readonly PageSample[]
}

/** Reads the state of servers from a scrape. Only the lines of a requested metric are parsed. */
export function readSeen(scrape: Scrape): Seen {
  const known = new Map<string, readonly PageSample[]>()
  const samples = (metric: string): readonly PageSample[] => {
    const parsed = known.get(metric) ?? parsePage(linesOf(scrape.text, metric))
    known.set(metric, parsed)
    return parsed
  }
  const of = (metric: string, server: string) => samples(metric).filter(({ labels }) => labels.server === server)
  const named = (metric: string, server: string, datname: string) => of(metric, server).find(({ labels }) => labels.datname === datname)
  const failed = (metric: string, server: string) => of(metric, server).filter(({ value }) => value === 0)
  return {
    scrape,
    up: (server) => of('pg_up', server)[0]?.value,
    databaseUp: (server, datname) => named('pg_database_up', server, datname)?.value,
    reason: (server, datname) => named('pgvitals_database_state', server, datname)?.labels.reason,
    databasesDown: (server) => failed('pg_database_up', server).map(({ labels }) => labels.datname ?? ''),
    failing: (server) =>
      failed('pgvitals_query_success', server).map(({ labels: { query, datname } }) =>
        datname === '' ? `${query}` : `${query}@${datname}`
      ),
    sessions: (server) => of('pgvitals_sessions_open', server)[0]?.value,
    polledAt: (server) =>
      of('pgvitals_snapshot_timestamp_seconds', server).map(({ labels, value }) => ({ query: labels.query ?? '', at: value * 1000 })),
    samples
  }
}

/** The lines of the samples of one metric, which follow each other on a page. */
function linesOf(text: string, metric: string): string {
  const lines: string[] = []
  for (const form of [`\n${metric}{`, `\n${metric} `]) {
    for (let from = text.indexOf(form); from !== -1; from = text.indexOf(form, from + 1)) {
      const end = text.indexOf('\n', from + 1)
      lines.push(text.slice(from + 1, end === -1 ? undefined : end))
    }
  }
  return lines.join('\n')
}
