import { help } from '../catalogue.ts'
import { board, row, top } from '../panels/board.ts'
import { above, stateColours } from '../panels/colours.ts'
import { by, inDatabase, maxBy, on, onServer, ratesBy, ratio, type SeriesName, sumBy } from '../panels/promql.ts'
import { barGauge, stat } from '../panels/stat.ts'
import { table } from '../panels/table.ts'
import { timeseries } from '../panels/timeseries.ts'
import { database, server } from '../panels/variables.ts'
import { thresholds } from '../thresholds.ts'
import { abnormalEnds, connectionsBy, connectionsUsed, connectionsUsedSpec, dataQuality } from './shared-panels.ts'

const ofUsers = inDatabase('pg_stat_activity_connections', 'usename!=""')
const idleInTransaction = inDatabase('pg_stat_activity_oldest_idle_in_transaction_seconds')
const idleSteps = above(thresholds.idleInTransactionSeconds)
const oldest = (metric: SeriesName) => maxBy(['datname', 'usename'], inDatabase(metric))

export const connectionsBoard = board('pgvitals-connections', {
  question: 'Which databases and users hold the connections, and which limits are reached?',
  variables: [...server('one'), database('many')],
  rows: [
    top(
      stat('In use', [4, 4], 'short', {
        about: [
          help('pg_connections_in_use'),
          'Each is a process of the server.',
          'The usual level.',
          'See the panels below for the databases and users.'
        ],
        expr: onServer('pg_connections_in_use')
      }),
      stat('Usable', [4, 4], 'short', {
        about: [
          'Connections that clients can open: max_connections minus the reserved ones.',
          'When all are in use, no client can connect.',
          'As configured.',
          'Use a connection pooler before you raise max_connections.'
        ],
        expr: onServer('pg_connections_usable')
      }),
      stat('Used ratio', [4, 4], 'percentunit', {
        ...connectionsUsedSpec,
        about: [...connectionsUsedSpec.about, 'See the panels below for the databases and users.'],
        expr: connectionsUsed
      }),
      stat('Longest idle in transaction', [6, 4], 's', {
        about: [
          'Longest time that a client has been idle in transaction.',
          'It holds its locks during this time.',
          'Seconds.',
          'Find the user in the table below, then the code that does not commit.'
        ],
        expr: maxBy([], idleInTransaction),
        steps: idleSteps,
        empty: 'No session is idle in transaction'
      }),
      ...dataQuality,
      timeseries('By database', [12, 8], 'short', {
        about: [
          'Client connections, stacked by database; the dashed line is the number that clients can open.',
          'One database can use the connections that others need.',
          'Below the line.',
          'Click the database, or see its users in the next panel.'
        ],
        lines: [
          { expr: inDatabase('datname:pg_connections:sum'), legend: '{{datname}}' },
          { expr: onServer('pg_connections_usable'), legend: 'usable', dashed: true }
        ],
        isStacked: true,
        links: ['database']
      }),
      timeseries('By user', [12, 8], 'short', {
        about: [
          'Client connections, stacked by role.',
          'It shows which application holds them.',
          'The size of the pool of each application.',
          'Check the pool size of the application.'
        ],
        expr: sumBy(['usename'], ofUsers),
        legend: '{{usename}}',
        isStacked: true,
        links: ['serverActivity']
      }),
      timeseries('By state', [12, 8], 'short', {
        about: [
          'Client connections by state.',
          'Many idle sessions indicate pools that are too large; sessions idle in transaction hold locks.',
          'Few active, some idle.',
          'See the ages below.'
        ],
        expr: connectionsBy('state'),
        legend: '{{state}}',
        isStacked: true,
        colours: stateColours,
        links: ['serverActivity']
      }),
      barGauge('Limits of databases, roles and WAL senders', [12, 8], 'percentunit', {
        about: [
          'Connections relative to the connection limit of a database or role, and WAL senders relative to max_wal_senders.',
          'At 1, new connections of the database, role or standby fail, even if the server has free connections.',
          `Below ${thresholds.connectionLimitUsedRatio}.`,
          'Run alter database or alter role … connection limit.'
        ],
        lines: [
          {
            expr: `${inDatabase('datname:pg_connections:sum')} / (${inDatabase('pg_database_connection_limit')} > 0)`,
            legend: 'database {{datname}}'
          },
          {
            expr: `${sumBy(['usename'], onServer('pg_stat_activity_connections'))} / ${on('usename')} max ${by('usename')} (label_replace(${onServer('pg_roles_connection_limit')} > 0, "usename", "$1", "rolname", "(.+)"))`,
            legend: 'role {{usename}}'
          },
          { expr: ratio(onServer('pg_connections_walsenders_in_use'), onServer('pg_connections_walsenders_max')), legend: 'WAL senders' }
        ],
        max: 1,
        steps: above(thresholds.connectionLimitUsedRatio),
        empty: 'No limits',
        links: ['server']
      })
    ),
    row(
      'Ages',
      table('Oldest by database and user', [12, 8], {
        about: [
          'Connections, and the oldest statement, transaction and idle transaction of each database and user.',
          'Old ones hold locks and connections, and hold back vacuum.',
          'Seconds; hours for known batch jobs.',
          'Open the Activity and locks dashboard.'
        ],
        labels: [
          { label: 'datname', title: 'Database', links: ['activity', 'database'] },
          { label: 'usename', title: 'User' }
        ],
        columns: [
          { title: 'Connections', unit: 'short', expr: sumBy(['datname', 'usename'], ofUsers) },
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
            steps: idleSteps
          }
        ],
        sortBy: 'Transaction'
      }),
      timeseries('Idle in transaction', [12, 8], 's', {
        about: [
          'Longest time that a client of each database and user has been idle in transaction.',
          'It holds its locks during this time.',
          'Seconds.'
        ],
        expr: maxBy(['datname', 'usename'], idleInTransaction),
        legend: '{{datname}} {{usename}}',
        steps: idleSteps,
        links: ['activity'],
        empty: 'No session was idle in transaction'
      })
    ),
    row(
      'Starts and ends',
      timeseries('New sessions', [8, 8], 'ops', {
        about: [
          'Sessions started per second, by database.',
          'Each session needs a new process and a login. A high rate indicates an application without a connection pool.',
          'Few.',
          'Check the connection pool of the application.'
        ],
        expr: ratesBy(['datname'], inDatabase('pg_stat_database_sessions_total')),
        legend: '{{datname}}',
        links: ['database'],
        empty: 'Counted since PostgreSQL 14'
      }),
      abnormalEnds(['datname'], inDatabase),
      timeseries('Connections with and without TLS', [8, 8], 'short', {
        about: [
          'Connections over the network, encrypted or not.',
          'Without TLS, all data and some passwords can be read on the network.',
          'All with TLS, except within one machine.',
          'Use hostssl in pg_hba.conf, or rds.force_ssl on RDS.'
        ],
        lines: [
          { expr: sumBy([], inDatabase('pg_stat_ssl_connections', 'ssl="true"')), legend: 'with TLS', colour: 'green' },
          { expr: sumBy([], inDatabase('pg_stat_ssl_connections', 'ssl="false"')), legend: 'without TLS', colour: 'orange' }
        ],
        isStacked: true,
        links: ['serverActivity']
      })
    )
  ]
})
