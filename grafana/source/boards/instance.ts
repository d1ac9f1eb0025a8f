import { board } from '../house/board.ts'
import { by, onServer, ratesBy } from '../house/expression.ts'
import { quality } from '../house/quality.ts'
import { stat } from '../house/single-value.ts'
import { above, anyWarns, below, plain } from '../house/steps.ts'
import { timeseries } from '../house/timeseries.ts'
import { server } from '../house/variables.ts'
import { thresholds } from '../thresholds.ts'
import { instanceConfiguration } from './instance-configuration.ts'
import { instanceErrors, instanceIo, instanceSpace } from './instance-rows.ts'

export const instance = board({
  uid: 'pgvitals-instance',
  title: 'Server',
  question: 'How is this server, and which of its resources is the bottleneck?',
  variables: server('one'),
  rows: [
    {
      panels: [
        stat({
          title: 'Role and version',
          about: [
            'what the server is: primary or standby, and its version of PostgreSQL.',
            'only a primary takes writes.',
            'the role that you expect.',
            'the board "replication" after a failover.'
          ],
          unit: 'none',
          size: [4, 4],
          values: [{ expr: `max ${by('role', 'version')} (${onServer('pg_server_info')})`, legend: '{{role}} {{version}}' }],
          steps: plain,
          showsName: true,
          links: ['replication']
        }),
        stat({
          title: 'Up for',
          about: [
            'time since the server was started.',
            'a restart empties the cache and ends every session.',
            'weeks.',
            'the log of the server, when it is short.'
          ],
          unit: 's',
          size: [3, 4],
          values: [{ expr: `time() - ${onServer('pg_postmaster_start_time_seconds')}` }],
          steps: below({ warning: 900 })
        }),
        stat({
          title: 'Connections',
          about: [
            'connections in use in proportion to those that clients can have.',
            'at 1 nobody else can log in.',
            `below ${thresholds.connectionsUsedRatio.warning}.`,
            'the board "connections" tells whose they are.'
          ],
          unit: 'percentunit',
          size: [3, 4],
          max: 1,
          values: [{ expr: `${onServer('pg_connections_in_use')} / (${onServer('pg_connections_usable')} > 0)` }],
          steps: above(thresholds.connectionsUsedRatio),
          links: ['serverConnections']
        }),
        stat({
          title: 'Load',
          about: [
            'sessions that execute a statement, on average.',
            'more than the machine has processors means that statements wait for one.',
            'below the number of processors.',
            'the panel "Load by database".'
          ],
          unit: 'short',
          size: [3, 4],
          decimals: 2,
          values: [{ expr: ratesBy([], onServer('pg_stat_database_active_time_seconds_total')) }],
          steps: plain
        }),
        stat({
          title: 'Oldest transaction',
          about: [
            'age of the oldest open transaction of a client.',
            'while it is open, vacuum removes nothing that is newer, in any database.',
            'seconds or minutes.',
            'the board "activity" tells whose it is.'
          ],
          unit: 's',
          size: [3, 4],
          values: [{ expr: `max ${by()} (${onServer('pg_stat_activity_oldest_transaction_seconds')})` }],
          steps: above(thresholds.longTransactionSeconds),
          empty: 'None is open',
          links: ['serverActivity']
        }),
        stat({
          title: 'Restart wanted',
          about: [
            'parameters whose new value waits for a restart.',
            'the server does not run as its configuration says.',
            '0, but between a change and the next maintenance.',
            'the row "Configuration" names them.'
          ],
          unit: 'short',
          size: [2, 4],
          values: [{ expr: onServer('pg_setting_pending_restarts') }],
          steps: anyWarns
        }),
        ...quality(4),
        timeseries({
          title: 'Load by database',
          about: [
            'sessions that executed a statement, on average, stacked by database.',
            'it tells whose work fills the server.',
            'its own shape of the day; below the number of processors.',
            'the database whose area grew.'
          ],
          unit: 'short',
          size: [12, 8],
          isStacked: true,
          lines: [{ expr: ratesBy(['datname'], onServer('pg_stat_database_active_time_seconds_total')), legend: '{{datname}}' }],
          links: ['database', 'queries'],
          empty: 'Counted from PostgreSQL 14 on'
        }),
        timeseries({
          title: 'What running work waits for',
          about: [
            'backends at work by the kind of what they wait for, seen at each poll; CPU is those that wait for nothing.',
            'Lock wants another look at transactions, IO at memory or disk, LWLock at contention.',
            'mostly CPU, with some IO.',
            'the board "activity" has the single events.'
          ],
          unit: 'short',
          size: [12, 8],
          isStacked: true,
          lines: [{ expr: `sum ${by('wait_event_type')} (${onServer('pg_stat_activity_wait_events')})`, legend: '{{wait_event_type}}' }],
          colours: { CPU: 'green', Lock: 'red', IO: 'blue', LWLock: 'orange', Client: '#8e8e8e' },
          links: ['serverActivity']
        }),
        timeseries({
          title: 'Connections by state',
          about: [
            'client connections by what they do; the dashed line is what clients can have.',
            'idle ones cost memory; idle in transaction ones hold locks and keep vacuum from its work.',
            'few active, some idle, hardly any idle in transaction.',
            'the board "connections".'
          ],
          unit: 'short',
          size: [12, 8],
          isStacked: true,
          lines: [
            { expr: `sum ${by('state')} (${onServer('pg_stat_activity_connections')})`, legend: '{{state}}' },
            { expr: onServer('pg_connections_usable'), legend: 'usable', dashed: true }
          ],
          colours: {
            active: 'green',
            idle: '#8e8e8e',
            'idle in transaction': 'orange',
            'idle in transaction (aborted)': 'red',
            unknown: 'purple'
          },
          links: ['serverConnections']
        }),
        timeseries({
          title: 'Transactions',
          about: [
            'transactions committed and rolled back in a second.',
            'rollbacks are work that was thrown away.',
            'rollbacks are a small part, or what a framework does after each read.',
            'the database with the most rollbacks.'
          ],
          unit: 'ops',
          size: [12, 8],
          lines: [
            { expr: ratesBy([], onServer('pg_stat_database_xact_commit')), legend: 'committed', colour: 'green' },
            { expr: ratesBy([], onServer('pg_stat_database_xact_rollback')), legend: 'rolled back', colour: 'red' }
          ],
          links: ['server']
        })
      ]
    },
    instanceSpace,
    instanceIo,
    instanceErrors,
    instanceConfiguration
  ]
})
