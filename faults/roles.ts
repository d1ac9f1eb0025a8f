import { renameSync, writeFileSync } from 'node:fs'
import { type Context, databaseDown, eitherState, type Fault, type Truth, unaffected, upAnd } from './fault.ts'
import { holdSession, repeat } from './hold-session.ts'

/** Statements that cause the fault, and those that end it. They run in `postgres` unless `database` names another one. */
function statements(inject: readonly string[], end: readonly string[], database = 'postgres'): Fault['inject'] {
  return async ({ victim: { postgres }, undo }) => {
    undo(() => postgres.sql(database, ...end))
    await postgres.sql(database, ...inject)
  }
}

/** A login trigger of one database. It does not fire for the superuser of the trials. */
function loginTrigger(body: string): Fault['inject'] {
  return statements(
    [
      `create function public.on_login() returns event_trigger language plpgsql as $f$ begin if session_user <> 'postgres' then ${body} end if; end $f$`,
      'create event trigger on_login on login execute function public.on_login()',
      'alter event trigger on_login enable always'
    ],
    ['drop event trigger if exists on_login', 'drop function if exists public.on_login()'],
    'labeler'
  )
}

const endSessions = "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'pgvitals'"

const capabilityIs =
  (name: string, expected: number): Truth['holds'] =>
  (seen, { victim }) =>
    seen
      .samples('pgvitals_capability')
      .some(({ labels, value }) => labels.server === victim.name && labels.capability === name && value === expected)

export const roleFaults: readonly Fault[] = [
  {
    name: 'the password of a role is changed',
    group: 'roles',
    inject: statements(["alter role users_owner password 'other'"], ["alter role users_owner password 'secret'"]),
    truth: databaseDown('users', 'auth')
  },
  {
    name: 'a password is rotated, and its file two intervals later',
    group: 'roles',
    inject: async ({ victim: { postgres, passwordFile }, undo }) => {
      const replace = (text: string) => {
        writeFileSync(`${passwordFile}.new`, text)
        renameSync(`${passwordFile}.new`, passwordFile)
      }
      undo(() => replace('rotated\n'))
      await postgres.sql('postgres', "alter role users_owner password 'rotated'")
    },
    holdSeconds: 30,
    truth: databaseDown('users', 'auth')
  },
  {
    name: 'a role is renamed',
    group: 'roles',
    inject: statements(
      ['alter role users_owner rename to users_former'],
      [
        'alter role users_former rename to users_owner',
        "alter role users_owner password 'secret'",
        'alter role users_owner connection limit -1'
      ]
    ),
    truth: databaseDown('users', 'auth')
  },
  {
    name: 'a role may no longer log in',
    group: 'roles',
    inject: statements(['alter role users_owner nologin'], ['alter role users_owner login']),
    truth: databaseDown('users', 'auth')
  },
  {
    name: 'the connection limit of the role is 1',
    group: 'roles',
    inject: statements(['alter role pgvitals connection limit 1'], ['alter role pgvitals connection limit -1']),
    holdSeconds: 32,
    truth: eitherState
  },
  {
    name: 'the connection limit of a role is 0',
    group: 'roles',
    inject: statements(['alter role users_owner connection limit 0'], ['alter role users_owner connection limit -1']),
    truth: databaseDown('users', 'too_many_connections')
  },
  {
    name: 'CONNECT on a database is revoked',
    group: 'roles',
    inject: statements(['revoke connect on database labeler from pgvitals'], ['grant connect on database labeler to pgvitals']),
    truth: databaseDown('labeler', 'privilege')
  },
  {
    name: 'pg_monitor is revoked',
    group: 'roles',
    // Without pg_monitor, more sessions are kept. They end, so that the next fault finds the usual ones.
    inject: statements(['revoke pg_monitor from pgvitals'], ['grant pg_monitor to pgvitals', endSessions]),
    truth: upAnd('pgvitals_capability{capability="pg_read_all_stats"} 0', capabilityIs('pg_read_all_stats', 0))
  },
  {
    name: 'the connection limit of a database is 0',
    group: 'roles',
    inject: statements(['alter database labeler connection limit 0', endSessions], ['alter database labeler connection limit -1']),
    truth: databaseDown('labeler', 'too_many_connections')
  },
  {
    name: 'a database allows no connections',
    group: 'roles',
    inject: statements(['alter database labeler allow_connections false'], ['alter database labeler allow_connections true']),
    truth: databaseDown('labeler', 'prerequisite')
  },
  {
    name: 'a database is renamed',
    group: 'roles',
    inject: statements(['alter database labeler rename to labeler_former'], ['alter database labeler_former rename to labeler']),
    truth: databaseDown('labeler', 'no_database')
  },
  {
    name: 'a database is dropped and created again',
    group: 'roles',
    inject: statements(
      ['drop database labeler with (force)'],
      ['create database labeler owner labeler_owner strategy file_copy', 'grant connect on database labeler to pgvitals']
    ),
    truth: databaseDown('labeler', 'no_database')
  },
  {
    name: 'the extension pg_stat_statements is dropped',
    group: 'roles',
    inject: statements(['drop extension pg_stat_statements'], ['create extension pg_stat_statements'], 'platform'),
    holdSeconds: 32,
    truth: unaffected
  },
  {
    name: 'a login trigger raises an error with a message of 10 MB',
    group: 'roles',
    inject: loginTrigger("raise exception '%', repeat('x', 10000000);"),
    truth: {
      ...databaseDown('labeler', 'network', 'other'),
      holds: async (seen, context) =>
        (await databaseDown('labeler', 'network', 'other').holds(seen, context)) && seen.scrape.text.length < 5_000_000
    }
  },
  {
    name: 'a login trigger sleeps',
    group: 'roles',
    inject: loginTrigger('perform pg_sleep(600);'),
    truth: databaseDown('labeler', 'timeout', 'network')
  },
  {
    name: 'a database owner plants settings for its database',
    group: 'roles',
    inject: statements(
      [
        'search_path = nowhere',
        'statement_timeout = 1',
        'lock_timeout = 1',
        'transaction_timeout = 1',
        'idle_session_timeout = 1',
        'default_transaction_read_only = off',
        "default_transaction_isolation = 'serializable'",
        'geqo_threshold = 2',
        'geqo_pool_size = 2147483647',
        'work_mem = 64',
        'row_security = off',
        'enable_hashjoin = off',
        "bytea_output = 'escape'",
        "datestyle = 'German'",
        "client_encoding = 'EUC_JP'"
      ].map((setting) => `alter database users set ${setting}`),
      ['alter database users reset all']
    ),
    holdSeconds: 35,
    truth: unaffected
  },
  {
    name: 'a database owner plants functions, operators and tables',
    group: 'roles',
    inject: async ({ victim: { postgres }, undo }) => {
      const trap = "language plpgsql as $f$ begin raise exception 'planted'; end $f$"
      undo(() => postgres.sql('users', 'drop schema planted cascade', 'alter database users reset all'))
      await postgres.sql(
        'users',
        'create schema planted authorization users_owner',
        'grant usage on schema planted to public',
        ...[
          'pg_backend_pid() returns int',
          'current_setting(text) returns text',
          'now() returns timestamptz',
          'count(bigint) returns bigint'
        ].map((signature) => `create function planted.${signature} ${trap}`),
        `create function planted.never(text, text) returns bool ${trap}`,
        'create operator planted.= (leftarg = text, rightarg = text, function = planted.never)',
        'create table planted.pg_class (oid int)',
        'create table planted.pg_stat_user_tables (relname text)',
        'alter database users set search_path = planted, pg_catalog'
      )
    },
    holdSeconds: 32,
    truth: unaffected
  },
  {
    name: 'databases are created and dropped continuously',
    group: 'roles',
    inject: async (context) => {
      const client = await holdSession(context, 'postgres')
      let number = 0
      context.undo(() => client.query('drop database if exists churn with (force)').catch(() => {}))
      repeat(context, 200, async () => {
        await client.query(number++ % 2 === 0 ? 'create database churn strategy file_copy' : 'drop database if exists churn with (force)')
      })
    },
    holdSeconds: 32,
    truth: unaffected
  },
  {
    name: 'every three seconds, all sessions are terminated and logins are briefly disabled',
    group: 'roles',
    inject: async (context) => {
      const client = await holdSession(context, 'postgres')
      context.undo(() => client.query('alter role pgvitals login'))
      repeat(context, 3000, async () => {
        await client.query('alter role pgvitals nologin')
        await client.query("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'pgvitals'")
        await client.query('alter role pgvitals login')
      })
    },
    holdSeconds: 20,
    truth: eitherState
  },
  {
    name: 'pg_read_all_settings and pg_read_all_stats are briefly revoked',
    group: 'roles',
    inject: async (context: Context) => {
      const client = await holdSession(context, 'postgres')
      context.undo(() => client.query('grant pg_monitor to pgvitals'))
      let isGranted = true
      repeat(context, 2000, async () => {
        isGranted = !isGranted
        await client.query(isGranted ? 'grant pg_monitor to pgvitals' : 'revoke pg_monitor from pgvitals')
      })
    },
    holdSeconds: 20,
    truth: unaffected
  },
  {
    name: 'EXECUTE on a function of the polls is revoked',
    group: 'roles',
    inject: async ({ victim: { postgres }, undo }) => {
      // In every database: a server-wide query that one database refuses runs in another.
      for (const database of ['platform', 'users', 'labeler']) {
        undo(() => postgres.sql(database, 'grant execute on function pg_catalog.pg_stat_get_archiver() to public'))
        await postgres.sql(database, 'revoke execute on function pg_catalog.pg_stat_get_archiver() from public')
      }
    },
    truth: upAnd('the refused function in pgvitals_query_refused, or the query fails', refusedOrFailed)
  }
]

function refusedOrFailed(seen: Parameters<Truth['holds']>[0], { victim: { name } }: Context): boolean {
  const isRefused = seen.samples('pgvitals_query_refused').some(({ labels }) => labels.server === name)
  return seen.up(name) === 1 && (isRefused || seen.failing(name).length > 0)
}
