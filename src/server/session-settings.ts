/** The server's `statement_timeout` while no query sets another. */
export const defaultTimeoutSeconds = 5

/**
 * The settings of a session (`set`) or of a transaction (`set local`), one simple query and so one round trip.
 * An owner may have planted others with `alter database … set`, which would colour answers
 * (extra_float_digits), take rights away (role) or break the session (transaction_timeout, exit_on_error).
 */
export function sessionSettings(major: number, timeoutSeconds: number, set: 'set' | 'set local'): string {
  return [
    "application_name = 'pgvitals'",
    'role none',
    `statement_timeout = '${timeoutSeconds}s'`,
    "lock_timeout = '1s'",
    "idle_in_transaction_session_timeout = '10s'",
    'default_transaction_read_only = on',
    "default_transaction_isolation = 'read committed'",
    'default_transaction_deferrable = off',
    'search_path = pg_catalog',
    // The rows of 10,000 statements do not fit into the default of 4 MB, and would go through a file at every poll.
    "work_mem = '16MB'",
    'jit = off',
    'max_parallel_workers_per_gather = 0',
    'extra_float_digits = 1',
    'standard_conforming_strings = on',
    'exit_on_error = off',
    // One unknown name would roll the whole batch back.
    ...(major >= 14 ? ['idle_session_timeout = 0'] : []),
    ...(major >= 17 ? ['transaction_timeout = 0'] : [])
  ]
    .map((setting) => `${set} ${setting}`)
    .join('; ')
}
