/** How pgvitals treats a connection parameter of libpq, in a URL, and its environment variable. */
export interface LibpqWord {
  /** The connection parameter; undefined if there is only the variable. */
  readonly parameter: string | undefined
  /** The environment variable; undefined if there is only the parameter. */
  readonly variable: string | undefined
  /** An unsupported parameter or variable prevents the start, except with one of its `values`. */
  readonly treatment: 'supported' | 'unsupported' | 'ignored'
  /** The accepted values. Undefined accepts every value if it is supported or ignored, and none if it is unsupported. */
  readonly values: readonly string[] | undefined
  /** The meaning if it is supported, the alternative if it is unsupported, or the reason why it can be ignored. */
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
  supported('host', 'PGHOST', 'one host name, address or socket directory; by default `localhost`'),
  supported('hostaddr', 'PGHOSTADDR', 'the address to connect to; TLS verifies the name in `host`'),
  supported('port', 'PGPORT', 'by default 5432'),
  supported('dbname', 'PGDATABASE', 'by default the name of the user'),
  supported('user', 'PGUSER', 'by default the name of the operating system user'),
  supported('password', 'PGPASSWORD', ''),
  supported('passfile', 'PGPASSFILE', 'by default `~/.pgpass`'),
  supported('channel_binding', 'PGCHANNELBINDING', '`require` rejects servers without SCRAM-SHA-256-PLUS', [
    'disable',
    'prefer',
    'require'
  ]),
  supported('sslmode', 'PGSSLMODE', 'see [TLS](#tls)', ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full']),
  supported('requiressl', 'PGREQUIRESSL', '1 means `sslmode=require`', switches),
  supported('sslnegotiation', 'PGSSLNEGOTIATION', '', ['postgres', 'direct']),
  supported('sslrootcert', 'PGSSLROOTCERT', 'a file, or `system`; by default `~/.postgresql/root.crt`'),
  supported('sslcert', 'PGSSLCERT', 'by default `~/.postgresql/postgresql.crt`'),
  supported('sslkey', 'PGSSLKEY', 'by default `~/.postgresql/postgresql.key`'),
  supported('sslcertmode', 'PGSSLCERTMODE', '`disable` sends no client certificate', ['disable', 'allow']),
  supported('ssl_min_protocol_version', 'PGSSLMINPROTOCOLVERSION', 'by default `TLSv1.2`', protocols),
  supported('ssl_max_protocol_version', 'PGSSLMAXPROTOCOLVERSION', '', protocols),

  unsupported('service', 'PGSERVICE', noServices),
  unsupported('servicefile', 'PGSERVICEFILE', noServices),
  unsupported('require_auth', 'PGREQUIREAUTH', 'use channel_binding=require or sslmode=verify-full'),
  unsupported('requirepeer', 'PGREQUIREPEER', 'the owner of a socket is not checked'),
  unsupported('target_session_attrs', 'PGTARGETSESSIONATTRS', 'a server is polled in every role; name the host to poll', ['any']),
  unsupported('load_balance_hosts', 'PGLOADBALANCEHOSTS', 'name the host to poll', ['disable']),
  unsupported('replication', undefined, 'queries need an ordinary connection', ['false', 'off', 'no', '0']),
  unsupported('options', 'PGOPTIONS', 'only settings such as -c search_path=app are accepted; they have no effect on pgvitals'),
  unsupported('sslpassword', undefined, 'use a key without a passphrase'),
  unsupported('sslcrl', 'PGSSLCRL', noRevocation),
  unsupported('sslcrldir', 'PGSSLCRLDIR', noRevocation),
  unsupported('sslsni', 'PGSSLSNI', 'the host name is always sent', ['1']),
  unsupported('gssencmode', 'PGGSSENCMODE', noGssapi, ['disable', 'prefer']),
  unsupported('min_protocol_version', 'PGMINPROTOCOLVERSION', 'pgvitals uses protocol 3.0', ['3.0']),
  unsupported('max_protocol_version', 'PGMAXPROTOCOLVERSION', 'pgvitals uses protocol 3.0', ['3.0', '3.2', 'latest']),
  unsupported('scram_client_key', undefined, 'use a password'),
  unsupported('scram_server_key', undefined, 'use a password'),
  unsupported('oauth_issuer', undefined, noOauth),
  unsupported('oauth_client_id', undefined, noOauth),
  unsupported('oauth_client_secret', undefined, noOauth),
  unsupported('oauth_scope', undefined, noOauth),
  unsupported('oauth_ca_file', 'PGOAUTHCAFILE', noOauth),

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
 * Parameters of drivers, pools and frameworks that do not change the server, the role or the security of a connection.
 * They are ignored in URLs, because pgvitals reads the URLs of applications.
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

function supported(parameter: string, variable: string | undefined, note: string, values?: readonly string[]): LibpqWord {
  return { parameter, variable, treatment: 'supported', values, note }
}

function unsupported(parameter: string, variable: string | undefined, note: string, values?: readonly string[]): LibpqWord {
  return { parameter, variable, treatment: 'unsupported', values, note }
}

function ignored(parameter: string | undefined, variable: string | undefined, note: string): LibpqWord {
  return { parameter, variable, treatment: 'ignored', values: undefined, note }
}
