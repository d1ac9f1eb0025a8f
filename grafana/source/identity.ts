/** What tells servers apart, for every `by` and `on`: with several servers on one page, `instance` is the exporter's. */
export const perServer = 'job, instance, server'

/** What tells databases apart. */
export const perDatabase = `${perServer}, datname`

/** What tells tables apart. */
export const perTable = `${perDatabase}, schemaname, relname`

/** The job under which Prometheus scrapes pgvitals. */
export const jobName = 'pgvitals'
