import { by, inDatabase, ratesBy } from '../house/expression.ts'
import type { Row } from '../house/layout.ts'
import { above } from '../house/steps.ts'
import { table } from '../house/table.ts'
import { timeseries } from '../house/timeseries.ts'
import { thresholds } from '../thresholds.ts'

const oldest = (metric: Parameters<typeof inDatabase>[0]) => `max ${by('datname', 'usename')} (${inDatabase(metric)})`

export const connectionAges: Row = {
  title: 'How long they have been at it',
  panels: [
    table({
      title: 'Oldest by database and user',
      about: [
        'the oldest statement, transaction and idle transaction of each database and user.',
        'old ones hold locks and connections, and keep vacuum from its work.',
        'seconds; hours for batches that are known.',
        'the board "activity".'
      ],
      size: [12, 8],
      labels: [
        { label: 'datname', title: 'Database', links: ['activity', 'database'] },
        { label: 'usename', title: 'User' }
      ],
      columns: [
        {
          title: 'Connections',
          unit: 'short',
          expr: `sum ${by('datname', 'usename')} (${inDatabase('pg_stat_activity_connections', 'usename!=""')})`
        },
        {
          title: 'Statement',
          unit: 's',
          expr: oldest('pg_stat_activity_oldest_query_seconds'),
          steps: above(thresholds.longQuerySeconds)
        },
        {
          title: 'Transaction',
          unit: 's',
          expr: oldest('pg_stat_activity_oldest_transaction_seconds'),
          steps: above(thresholds.longTransactionSeconds)
        },
        {
          title: 'Idle in transaction',
          unit: 's',
          expr: oldest('pg_stat_activity_oldest_idle_in_transaction_seconds'),
          steps: above(thresholds.idleInTransactionSeconds)
        }
      ],
      sortBy: 'Transaction'
    }),
    timeseries({
      title: 'Idle in transaction',
      about: [
        'the longest time that a client of each database and user has been idle within a transaction.',
        'it holds its locks for nothing.',
        'seconds.',
        'the board "activity".'
      ],
      unit: 's',
      size: [12, 8],
      steps: above(thresholds.idleInTransactionSeconds),
      lines: [{ expr: oldest('pg_stat_activity_oldest_idle_in_transaction_seconds'), legend: '{{datname}} {{usename}}' }],
      links: ['activity'],
      empty: 'None was idle in a transaction'
    })
  ]
}

export const connectionEnds: Row = {
  title: 'Coming and going',
  panels: [
    timeseries({
      title: 'New sessions',
      about: [
        'sessions begun in a second, by database.',
        'each costs a process and a login: many mean that somebody has no pool.',
        'few.',
        'the pool of the application.'
      ],
      unit: 'ops',
      size: [8, 8],
      lines: [{ expr: ratesBy(['datname'], inDatabase('pg_stat_database_sessions_total')), legend: '{{datname}}' }],
      links: ['database'],
      empty: 'Counted from PostgreSQL 14 on'
    }),
    timeseries({
      title: 'Sessions that ended badly',
      about: [
        'sessions ended by a lost connection, a fatal error or an operator, in a second.',
        'clients see these as broken connections.',
        'none, but during a deploy.',
        'the log of the server.'
      ],
      unit: 'ops',
      size: [8, 8],
      lines: [
        { expr: ratesBy(['datname'], inDatabase('pg_stat_database_sessions_abandoned_total')), legend: '{{datname}} connection lost' },
        { expr: ratesBy(['datname'], inDatabase('pg_stat_database_sessions_fatal_total')), legend: '{{datname}} fatal error' },
        { expr: ratesBy(['datname'], inDatabase('pg_stat_database_sessions_killed_total')), legend: '{{datname}} ended by an operator' }
      ],
      links: ['database'],
      empty: 'Counted from PostgreSQL 14 on'
    }),
    timeseries({
      title: 'Connections with and without TLS',
      about: [
        'connections over the network by whether they are encrypted.',
        'without TLS passwords of old kinds and all data can be read on the way.',
        'all with TLS, but on one machine.',
        'hostssl in pg_hba.conf; rds.force_ssl on RDS.'
      ],
      unit: 'short',
      size: [8, 8],
      isStacked: true,
      lines: [
        { expr: `sum ${by()} (${inDatabase('pg_stat_ssl_connections', 'ssl="true"')})`, legend: 'with TLS', colour: 'green' },
        { expr: `sum ${by()} (${inDatabase('pg_stat_ssl_connections', 'ssl="false"')})`, legend: 'without', colour: 'orange' }
      ],
      links: ['serverActivity']
    })
  ]
}
