/** The server's `statement_timeout` until a query sets another. */
export const defaultTimeoutSeconds = 5

/**
 * The session's settings, one simple query and so one round trip. An owner may have planted others with
 * `alter database … set`, which would colour answers (extra_float_digits) or break the session (transaction_timeout).
 */
export function sessionSettings(major: number): string {
  return [
    "set application_name = 'pgvitals'",
    `set statement_timeout = '${defaultTimeoutSeconds}s'`,
    "set lock_timeout = '1s'",
    "set idle_in_transaction_session_timeout = '10s'",
    'set default_transaction_read_only = on',
    "set default_transaction_isolation = 'read committed'",
    'set default_transaction_deferrable = off',
    'set search_path = pg_catalog',
    'set jit = off',
    'set max_parallel_workers_per_gather = 0',
    'set extra_float_digits = 1',
    'set standard_conforming_strings = on',
    // One unknown name would roll the whole batch back.
    ...(major >= 14 ? ['set idle_session_timeout = 0'] : []),
    ...(major >= 17 ? ['set transaction_timeout = 0'] : [])
  ].join('; ')
}
