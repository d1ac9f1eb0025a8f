import { board } from '../house/board.ts'
import { by, inDatabase, on, onServer } from '../house/expression.ts'
import { quality } from '../house/quality.ts'
import { barGauge, stat } from '../house/single-value.ts'
import { above, plain } from '../house/steps.ts'
import { timeseries } from '../house/timeseries.ts'
import { database, server } from '../house/variables.ts'
import { thresholds } from '../thresholds.ts'
import { connectionAges, connectionEnds } from './connections-rows.ts'

const connections = (...labels: readonly string[]) => `sum ${by(...labels)} (${inDatabase('pg_stat_activity_connections')})`
const stateColours = {
  active: 'green',
  idle: '#8e8e8e',
  'idle in transaction': 'orange',
  'idle in transaction (aborted)': 'red',
  unknown: 'purple'
}
const usable = { expr: onServer('pg_connections_usable'), legend: 'usable', dashed: true }

export const connectionsBoard = board({
  uid: 'pgvitals-connections',
  title: 'Connections',
  question: 'Who holds the connections, and who cannot get one?',
  variables: [...server('one'), database('many')],
  rows: [
    {
      panels: [
        stat({
          title: 'In use',
          about: [
            'connections of clients that are open now.',
            'each is a process of the server.',
            'its own level.',
            'the panels below tell whose they are.'
          ],
          unit: 'short',
          size: [4, 4],
          values: [{ expr: onServer('pg_connections_in_use') }],
          steps: plain
        }),
        stat({
          title: 'Usable',
          about: [
            'connections that clients can have: all but those that are reserved.',
            'when they are in use, nobody else can log in.',
            'as configured.',
            'raise max_connections only when a pooler does not help.'
          ],
          unit: 'short',
          size: [4, 4],
          values: [{ expr: onServer('pg_connections_usable') }],
          steps: plain
        }),
        stat({
          title: 'Used part',
          about: [
            'connections in use in proportion to the usable ones.',
            'at 1 nobody else can log in.',
            `below ${thresholds.connectionsUsedRatio.warning}.`,
            'the database and the user with most of them.'
          ],
          unit: 'percentunit',
          size: [4, 4],
          max: 1,
          values: [{ expr: `${onServer('pg_connections_in_use')} / (${onServer('pg_connections_usable')} > 0)` }],
          steps: above(thresholds.connectionsUsedRatio)
        }),
        stat({
          title: 'Longest idle in transaction',
          about: [
            'the longest time that a client has been idle within a transaction.',
            'it holds its locks for nothing.',
            'seconds.',
            'the user below; then the code that forgets to commit.'
          ],
          unit: 's',
          size: [6, 4],
          values: [{ expr: `max ${by()} (${inDatabase('pg_stat_activity_oldest_idle_in_transaction_seconds')})` }],
          steps: above(thresholds.idleInTransactionSeconds),
          empty: 'None is idle in a transaction'
        }),
        ...quality(4),
        timeseries({
          title: 'By database',
          about: [
            'client connections, stacked by database; the dashed line is what clients can have.',
            'one database can take what the others need.',
            'below the line.',
            'the database, and its users on the right.'
          ],
          unit: 'short',
          size: [12, 8],
          isStacked: true,
          lines: [{ expr: connections('datname'), legend: '{{datname}}' }, usable],
          links: ['database']
        }),
        timeseries({
          title: 'By user',
          about: [
            'client connections, stacked by role.',
            'it tells which application holds them.',
            'each application has its pool.',
            'the size of the pool of that application.'
          ],
          unit: 'short',
          size: [12, 8],
          isStacked: true,
          lines: [{ expr: `sum ${by('usename')} (${inDatabase('pg_stat_activity_connections', 'usename!=""')})`, legend: '{{usename}}' }],
          links: ['serverActivity']
        }),
        timeseries({
          title: 'By state',
          about: [
            'client connections by what they do.',
            'many idle ones are pools that are too large; idle in transaction ones hold locks.',
            'few active, some idle.',
            'the ages below.'
          ],
          unit: 'short',
          size: [12, 8],
          isStacked: true,
          lines: [{ expr: connections('state'), legend: '{{state}}' }],
          colours: stateColours,
          links: ['serverActivity']
        }),
        barGauge({
          title: 'Limits of databases, roles and standbys',
          about: [
            'connections in proportion to the limit of a database or role that has one, and of WAL senders.',
            'at 1 that database, role or standby gets no more, though the server has room.',
            `below ${thresholds.connectionLimitUsedRatio}.`,
            'alter database or alter role … connection limit.'
          ],
          unit: 'percentunit',
          size: [12, 8],
          max: 1,
          values: [
            {
              expr: `${connections('datname')} / ${on('datname')} (${inDatabase('pg_database_connection_limit')} > 0)`,
              legend: 'database {{datname}}'
            },
            {
              expr: `sum ${by('usename')} (${onServer('pg_stat_activity_connections')}) / ${on('usename')} max ${by('usename')} (label_replace(${onServer('pg_roles_connection_limit')} > 0, "usename", "$1", "rolname", "(.+)"))`,
              legend: 'role {{usename}}'
            },
            {
              expr: `${onServer('pg_connections_walsenders_in_use')} / (${onServer('pg_connections_walsenders_max')} > 0)`,
              legend: 'WAL senders'
            }
          ],
          steps: above(thresholds.connectionLimitUsedRatio),
          empty: 'No limits of their own',
          links: ['server']
        })
      ]
    },
    connectionAges,
    connectionEnds
  ]
})
