/** What the demo says once it is ready. */
export interface Welcome {
  readonly port: string
  readonly note: string
  readonly urls: Readonly<Record<string, string>>
}

/** Tells where everything is and what to look at. */
export function welcome({ port, note, urls }: Welcome): string {
  const page = `http://localhost:${port}`
  const look = (pattern: string) => `curl -s ${page}/metrics | grep ${pattern}`
  return `
${note}pgvitals is ready: ${page}/ tells how it is, ${page}/metrics is what Prometheus scrapes.

It was started with these settings alone (its role may connect and has pg_monitor, no more):

${Object.entries(urls)
  .map(([variable, url]) => `  ${variable}=${url}`)
  .join('\n')}

What to look at, new every 15 s:

  ${look(`'^pg_stat_activity_count.*idle in transaction"'`)}
    sessions that do nothing in an open transaction: back-office leaves one open for half a minute at a time

  ${look(`'^pg_stat_activity_max_tx_duration' | grep -v ' 0$'`)}
    how old the oldest transactions are, by application

  ${look(`'^pg_locks_count' | grep -v ' 0$'`)}
    locks; account-cleanup often waits for a row that profile-sync holds, and users then has a sharelock

  ${look(`'^pg_stat_statements_seconds_total' | sort -t' ' -k2 -gr | head -3`)}
    the statements that took most time since pgvitals started: the update that waits for locks, and the sales report

  ${look(`-E '^pg_stat_database_(deadlocks|temp_bytes|xact_rollback)'`)}
    deadlocks of labeler's workers, sorts of platform that spill to disk, rollbacks of every database

Ctrl-C ends it and removes everything.
`
}
