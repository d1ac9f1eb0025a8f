export interface Welcome {
  readonly port: string
  readonly note: string
  readonly urls: Readonly<Record<string, string>>
}

/** The text printed when the demo is ready: addresses, settings and example commands. */
export function welcome({ port, note, urls }: Welcome): string {
  const page = `http://localhost:${port}`
  const look = (pattern: string) => `curl -s ${page}/metrics | grep ${pattern}`
  return `
${note}pgvitals is ready. Status page: ${page}/, metrics for Prometheus: ${page}/metrics

It was started with these settings only (its role has CONNECT and pg_monitor):

${Object.entries(urls)
  .map(([variable, url]) => `  ${variable}=${url}`)
  .join('\n')}

Examples, updated every 15 s:

  ${look(`'^pg_stat_activity_count.*idle in transaction"'`)}
    sessions that are idle in a transaction: back-office leaves one open for 30 s at a time

  ${look(`'^pg_stat_activity_max_tx_duration' | grep -v ' 0$'`)}
    age of the oldest transaction, by application

  ${look(`'^pg_locks_count' | grep -v ' 0$'`)}
    locks: account-cleanup often waits for a row locked by profile-sync; users then has a sharelock

  ${look(`'^pg_stat_statements_seconds_total' | sort -t' ' -k2 -gr | head -3`)}
    the statements with the highest total time since pgvitals started: the update that waits for locks, and the sales report

  ${look(`-E '^pg_stat_database_(deadlocks|temp_bytes|xact_rollback)'`)}
    deadlocks in labeler, sorts that spill to disk in platform, rollbacks in every database

Ctrl-C stops the demo and removes all its files.
`
}
