/** How pgvitals treats a connection parameter of libpq, in a URL, and its environment variable. */
export interface LibpqWord {
  /** The connection parameter; undefined if there is only the variable. */
  readonly parameter: string | undefined
  /** The environment variable; undefined if there is only the parameter. */
  readonly variable: string | undefined
  /** A refused word prevents the start, except with one of its `values`. */
  readonly treatment: 'honoured' | 'refused' | 'ignored'
  /** The accepted values; undefined accepts every value of an honoured or ignored word, and none of a refused one. */
  readonly values: readonly string[] | undefined
  /** The meaning of an honoured word, the alternative to a refused one, or the reason why a word can be ignored. */
  readonly note: string
}

const protocols = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']
const switches = ['0', '1']
const noGssapi = 'GSSAPI is not used'
const noOauth = 'use a password or a client certificate'
const ownTimeouts = 'pgvitals has its own timeouts'
const noServices = 'write host, port, user and database into the URL'
const noRevocation = 'certificate revocation lists are not checked'

/**
 * Every connection parameter and environment variable of libpq in PostgreSQL 18, and `servicefile` and `oauth_ca_file`
 * of PostgreSQL 19. Source: PostgreSQL's documentation, "Parameter Key Words" and "Environment Variables", and
 * `PQconndefaults()`.
 */
export const libpqWords: readonly LibpqWord[] = [
  honoured('host', 'PGHOST', 'one host name, address or socket directory; by default `localhost`'),
  honoured('hostaddr', 'PGHOSTADDR', 'the address to connect to; TLS verifies the name in `host`'),
  honoured('port', 'PGPORT', 'by default 5432'),
  honoured('dbname', 'PGDATABASE', 'by default the name of the user'),
  honoured('user', 'PGUSER', 'by default the name of the operating system user'),
  honoured('password', 'PGPASSWORD', ''),
  honoured('passfile', 'PGPASSFILE', 'by default `~/.pgpass`'),
  honoured('channel_binding', 'PGCHANNELBINDING', '`require` refuses servers without SCRAM-SHA-256-PLUS', ['disable', 'prefer', 'require']),
  honoured('sslmode', 'PGSSLMODE', 'see [TLS](#tls)', ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full']),
  honoured('requiressl', 'PGREQUIRESSL', '1 means `sslmode=require`', switches),
  honoured('sslnegotiation', 'PGSSLNEGOTIATION', '', ['postgres', 'direct']),
  honoured('sslrootcert', 'PGSSLROOTCERT', 'a file, or `system`; by default `~/.postgresql/root.crt`'),
  honoured('sslcert', 'PGSSLCERT', 'by default `~/.postgresql/postgresql.crt`'),
  honoured('sslkey', 'PGSSLKEY', 'by default `~/.postgresql/postgresql.key`'),
  honoured('sslcertmode', 'PGSSLCERTMODE', '`disable` sends no client certificate', ['disable', 'allow']),
  honoured('ssl_min_protocol_version', 'PGSSLMINPROTOCOLVERSION', 'by default `TLSv1.2`', protocols),
  honoured('ssl_max_protocol_version', 'PGSSLMAXPROTOCOLVERSION', '', protocols),

  refused('service', 'PGSERVICE', noServices),
  refused('servicefile', 'PGSERVICEFILE', noServices),
  refused('require_auth', 'PGREQUIREAUTH', 'use channel_binding=require or sslmode=verify-full'),
  refused('requirepeer', 'PGREQUIREPEER', 'the owner of a socket is not checked'),
  refused('target_session_attrs', 'PGTARGETSESSIONATTRS', 'a server is polled in every role; name the host to poll', ['any']),
  refused('load_balance_hosts', 'PGLOADBALANCEHOSTS', 'name the host to poll', ['disable']),
  refused('replication', undefined, 'queries need an ordinary connection', ['false', 'off', 'no', '0']),
  refused('options', 'PGOPTIONS', 'only settings such as -c search_path=app are accepted; they have no effect on pgvitals'),
  refused('sslpassword', undefined, 'use a key without a passphrase'),
  refused('sslcrl', 'PGSSLCRL', noRevocation),
  refused('sslcrldir', 'PGSSLCRLDIR', noRevocation),
  refused('sslsni', 'PGSSLSNI', 'the host name is always sent', ['1']),
  refused('gssencmode', 'PGGSSENCMODE', noGssapi, ['disable', 'prefer']),
  refused('min_protocol_version', 'PGMINPROTOCOLVERSION', 'pgvitals uses protocol 3.0', ['3.0']),
  refused('max_protocol_version', 'PGMAXPROTOCOLVERSION', 'pgvitals uses protocol 3.0', ['3.0', '3.2', 'latest']),
  refused('scram_client_key', undefined, 'use a password'),
  refused('scram_server_key', undefined, 'use a password'),
  refused('oauth_issuer', undefined, noOauth),
  refused('oauth_client_id', undefined, noOauth),
  refused('oauth_client_secret', undefined, noOauth),
  refused('oauth_scope', undefined, noOauth),
  refused('oauth_ca_file', 'PGOAUTHCAFILE', noOauth),

  ignored('application_name', 'PGAPPNAME', 'pgvitals sets `pgvitals`'),
  ignored('fallback_application_name', undefined, 'pgvitals sets `pgvitals`'),
  ignored('client_encoding', 'PGCLIENTENCODING', 'pgvitals sets its own encoding'),
  ignored('connect_timeout', 'PGCONNECT_TIMEOUT', ownTimeouts),
  ignored('tcp_user_timeout', undefined, ownTimeouts),
  ignored('keepalives', undefined, ownTimeouts),
  ignored('keepalives_idle', undefined, ownTimeouts),
  ignored('keepalives_interval', undefined, ownTimeouts),
  ignored('keepalives_count', undefined, ownTimeouts),
  ignored('sslcompression', 'PGSSLCOMPRESSION', 'OpenSSL no longer compresses'),
  ignored('sslkeylogfile', undefined, 'pgvitals writes no TLS keys'),
  ignored('krbsrvname', 'PGKRBSRVNAME', noGssapi),
  ignored('gsslib', 'PGGSSLIB', noGssapi),
  ignored('gssdelegation', 'PGGSSDELEGATION', noGssapi),
  ignored(undefined, 'PGDATESTYLE', 'results do not depend on it'),
  ignored(undefined, 'PGTZ', 'results do not depend on it'),
  ignored(undefined, 'PGGEQO', 'results do not depend on it'),
  ignored(undefined, 'PGSYSCONFDIR', 'it only locates the service file'),
  ignored(undefined, 'PGLOCALEDIR', 'it only locates translated messages of libpq'),
  ignored(undefined, 'PGOAUTHDEBUG', 'OAuth is not used')
]

/**
 * Parameters of drivers, pools and frameworks that do not change where, as whom or how securely they connect. They are
 * ignored in URLs, because pgvitals reads the URLs of applications.
 */
export const driverParameters: readonly string[] = [
  // Prisma, Supabase
  ...['schema', 'connection_limit', 'pool_timeout', 'pgbouncer', 'socket_timeout', 'single_use_connections', 'supa', 'workaround'],
  // SQLAlchemy, asyncpg, psycopg
  ...['async_fallback', 'autocommit', 'command_timeout', 'echo', 'executemany_mode', 'isolation_level', 'max_overflow', 'max_size'],
  ...['max_cached_statement_lifetime', 'min_size', 'pool_pre_ping', 'pool_recycle', 'pool_size', 'prepare_threshold'],
  ...['prepared_statement_cache_size', 'statement_cache_size', 'timeout'],
  // Django, Rails
  ...['atomic_requests', 'conn_health_checks', 'conn_max_age', 'disable_server_side_cursors', 'advisory_locks', 'checkout_timeout'],
  ...['encoding', 'idle_timeout', 'max_connections', 'min_connections', 'min_messages', 'pool', 'prepared_statements', 'reaping_frequency'],
  ...['schema_search_path', 'statement_limit'],
  // pgx, lib/pq, sqlx
  ...['binary_parameters', 'default_query_exec_mode', 'description_cache_capacity', 'disable_prepared_binary_result'],
  ...['pool_health_check_period', 'pool_max_conn_idle_time', 'pool_max_conn_lifetime', 'pool_max_conn_lifetime_jitter', 'pool_max_conns'],
  ...['pool_min_conns', 'pool_min_idle_conns', 'prefer_simple_protocol', 'statement_cache_capacity', 'statement-cache-capacity'],
  ...['statement_cache_mode', 'datestyle', 'extra_float_digits', 'idle_in_transaction_session_timeout', 'intervalstyle', 'lock_timeout'],
  ...['search_path', 'statement_timeout', 'timezone', 'work_mem'],
  // node-postgres, Postgres.js
  ...['connectionTimeoutMillis', 'debug', 'fetch_types', 'idleTimeoutMillis', 'keepAlive', 'max', 'max_lifetime', 'min', 'prepare'],
  ...['query_timeout', 'uselibpqcompat']
]

function honoured(parameter: string, variable: string | undefined, note: string, values?: readonly string[]): LibpqWord {
  return { parameter, variable, treatment: 'honoured', values, note }
}

function refused(parameter: string, variable: string | undefined, note: string, values?: readonly string[]): LibpqWord {
  return { parameter, variable, treatment: 'refused', values, note }
}

function ignored(parameter: string | undefined, variable: string | undefined, note: string): LibpqWord {
  return { parameter, variable, treatment: 'ignored', values: undefined, note }
}
