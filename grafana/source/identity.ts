/** The labels that identify a server, for every `by` and `on`. `instance` is the exporter, which may export several servers. */
export const perServer = 'job, instance, server'

/** The labels that identify a database. */
export const perDatabase = `${perServer}, datname`

/** The labels that identify a table. */
export const perTable = `${perDatabase}, schemaname, relname`

/** The Prometheus job that scrapes pgvitals. */
export const jobName = 'pgvitals'
