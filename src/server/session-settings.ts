import type { Version } from '../query/version.ts'

/** The server's `statement_timeout` until a query sets a different one. */
export const defaultTimeoutSeconds = 5

export interface SessionSetting {
  readonly name: string
  readonly value: string
}

/**
 * The settings of our sessions on a server of this version. They override those that an owner may have set with
 * `alter database … set` or `alter role … set`: settings that change results (extra_float_digits), drop privileges (role),
 * refuse views (restrict_nonsystem_relation_kind), end the session (transaction_timeout, exit_on_error) or make planning
 * fail or take too long (geqo, join_collapse_limit). A timeout acts on the commands that follow it, so the timeouts are
 * the first.
 */
export function sessionSettings(version: Version, timeoutSeconds: number): readonly SessionSetting[] {
  const [major = 0] = version
  const since = (first: number, name: string, value: string): readonly SessionSetting[] => (major >= first ? [{ name, value }] : [])
  return [
    // An unknown setting would roll back all of them.
    ...since(17, 'transaction_timeout', '0'),
    ...since(0, 'statement_timeout', `${timeoutSeconds}s`),
    ...since(14, 'idle_session_timeout', '0'),
    ...Object.entries(ofAllVersions).map(([name, value]) => ({ name, value })),
    ...since(15, 'stats_fetch_consistency', 'cache'),
    ...(hasRelationRestriction(version) ? since(0, 'restrict_nonsystem_relation_kind', '') : [])
  ]
}

const ofAllVersions: Readonly<Record<string, string>> = {
  application_name: 'pgvitals',
  // The server does not convert texts, because an invalid byte would fail the statement. `decodeText` decodes them.
  client_encoding: 'SQL_ASCII',
  client_min_messages: 'error',
  role: 'none',
  lock_timeout: '1s',
  idle_in_transaction_session_timeout: '10s',
  default_transaction_read_only: 'on',
  default_transaction_isolation: 'read committed',
  default_transaction_deferrable: 'off',
  search_path: 'pg_catalog',
  // 10,000 rows of pg_stat_statements exceed the default of 4 MB and would spill to a temporary file at every poll.
  work_mem: '16MB',
  jit: 'off',
  max_parallel_workers_per_gather: '0',
  // Without the genetic optimizer, these limits bound the time of planning.
  geqo: 'off',
  from_collapse_limit: '8',
  join_collapse_limit: '8',
  extra_float_digits: '1',
  quote_all_identifiers: 'off',
  standard_conforming_strings: 'on',
  exit_on_error: 'off'
}

/** The first minor version with restrict_nonsystem_relation_kind. Source: PostgreSQL's release notes, CVE-2024-7348. */
const restrictedSince: Readonly<Record<number, number>> = { 13: 16, 14: 13, 15: 8, 16: 4 }

function hasRelationRestriction([major = 0, minor = 0]: Version): boolean {
  return major >= 17 || minor >= (restrictedSince[major] ?? Number.POSITIVE_INFINITY)
}

/** The commands that set the settings of a session (`set`) or a transaction (`set local`), for one simple query in one round trip. */
export function settingCommands(set: 'set' | 'set local', version: Version, timeoutSeconds: number): string {
  return sessionSettings(version, timeoutSeconds)
    .map(({ name, value }) => `${set} ${name} = '${value}'`)
    .join('; ')
}
