import { databaseDown, disturbed, type Fault, type Truth, unaffected } from './fault.ts'
import { holdSession } from './hold-session.ts'

/** Locks tables in a transaction that lasts as long as the fault. */
function lock(database: string, tables: string): Fault['inject'] {
  return async (context) => {
    const client = await holdSession(context, database)
    // Sessions of the superuser that begin during the lock would wait for it.
    await client.query('create table if not exists public.locked (id int)')
    await client.query('begin')
    await client.query(`lock table ${tables} in access exclusive mode`)
  }
}

const lockFault = (name: string, inject: Fault['inject'], truth: Truth, holdSeconds = 0): Fault => ({
  name,
  group: 'locks',
  inject,
  truth,
  holdSeconds
})

export const lockFaults: readonly Fault[] = [
  lockFault('a lock on a table of the application', lock('labeler', 'public.locked'), unaffected, 32),
  // The planner reads statistics of columns.
  lockFault('a lock on pg_statistic of one database', lock('labeler', 'pg_catalog.pg_statistic'), disturbed, 32),
  lockFault(
    'a lock on pg_class of one database',
    lock('labeler', 'pg_catalog.pg_class'),
    databaseDown('labeler', 'timeout', 'network', 'lock')
  ),
  lockFault('a lock on pg_namespace of one database', lock('labeler', 'pg_catalog.pg_namespace'), disturbed),
  lockFault('a lock on pg_authid: no login ends', lock('postgres', 'pg_catalog.pg_authid'), disturbed),
  lockFault('a lock on pg_database: no login ends', lock('postgres', 'pg_catalog.pg_database'), disturbed),
  lockFault(
    'a thousand locks of one transaction',
    async (context) => {
      const client = await holdSession(context, 'labeler')
      await client.query('begin')
      await client.query('do $$ begin for i in 1..1000 loop perform pg_advisory_xact_lock(i); end loop; end $$')
    },
    unaffected,
    20
  ),
  lockFault(
    'an idle transaction with a snapshot',
    async (context) => {
      const client = await holdSession(context, 'labeler')
      await client.query('begin isolation level serializable')
      await client.query('select pg_catalog.count(*) from pg_catalog.pg_class')
    },
    unaffected,
    20
  )
]
