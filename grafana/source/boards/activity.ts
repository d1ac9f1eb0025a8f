import { board } from '../house/board.ts'
import { by, inDatabase } from '../house/expression.ts'
import { quality } from '../house/quality.ts'
import { stat } from '../house/single-value.ts'
import { above } from '../house/steps.ts'
import { table } from '../house/table.ts'
import { timeseries } from '../house/timeseries.ts'
import { database, server } from '../house/variables.ts'
import { thresholds } from '../thresholds.ts'
import { locksRow, progressRow } from './activity-rows.ts'

const { blocked } = thresholds
const ofBlocker = ['datname', 'usename', 'state']

export const activity = board({
  uid: 'pgvitals-activity',
  title: 'Activity and locks',
  question: 'What is stuck right now, and who holds it up?',
  variables: [...server('one'), database('many')],
  from: 'now-1h',
  rows: [
    {
      panels: [
        stat({
          title: 'Blocked sessions',
          about: [
            'sessions that wait for a lock of another one.',
            'they stand still, and their users with them.',
            '0 or a few for moments.',
            'the table of blockers.'
          ],
          unit: 'short',
          size: [4, 4],
          values: [{ expr: `sum ${by()} (${inDatabase('pg_stat_activity_blocked_sessions')})` }],
          steps: above({ warning: 1, critical: blocked.criticalSessions }),
          empty: '0'
        }),
        stat({
          title: 'Longest wait',
          about: [
            'how long the statement that has waited longest for a lock has run, so no wait is longer.',
            'users gave up before this.',
            'seconds.',
            'the table of blockers.'
          ],
          unit: 's',
          size: [4, 4],
          values: [{ expr: `max ${by()} (${inDatabase('pg_stat_activity_blocked_longest_statement_seconds')})` }],
          steps: above({ warning: blocked.warningSeconds, critical: blocked.criticalSeconds }),
          empty: 'Nobody waits'
        }),
        stat({
          title: 'Oldest transaction',
          about: [
            'age of the oldest open transaction.',
            'it holds locks, and keeps vacuum from its work.',
            'seconds or minutes.',
            'the table of the oldest.'
          ],
          unit: 's',
          size: [4, 4],
          values: [{ expr: `max ${by()} (${inDatabase('pg_stat_activity_oldest_transaction_seconds')})` }],
          steps: above(thresholds.longTransactionSeconds),
          empty: 'None is open'
        }),
        stat({
          title: 'Prepared transactions',
          about: [
            'age of the oldest transaction that is prepared and neither committed nor rolled back.',
            'it survives restarts, holds locks and keeps vacuum from its work for ever.',
            'none.',
            'commit prepared or rollback prepared.'
          ],
          unit: 's',
          size: [6, 4],
          values: [{ expr: `max ${by()} (${inDatabase('pg_prepared_xacts_oldest_seconds')})` }],
          steps: above({ critical: thresholds.preparedTransactionSeconds }),
          empty: 'None'
        }),
        ...quality(4),
        table({
          title: 'Who blocks',
          about: [
            'the sessions at the root: others wait for them, they wait for no lock themselves.',
            'to end one of these frees all that wait behind it.',
            'empty.',
            'what that user is doing; pg_terminate_backend() as the last resort.'
          ],
          size: [12, 8],
          labels: [
            { label: 'datname', title: 'Database', links: ['database', 'connections'] },
            { label: 'usename', title: 'User' },
            { label: 'state', title: 'State' }
          ],
          columns: [
            {
              title: 'Blocked sessions',
              unit: 'short',
              expr: `sum ${by(...ofBlocker)} (${inDatabase('pg_stat_activity_root_blockers_blocked_sessions')})`,
              steps: above({ warning: 1, critical: blocked.criticalSessions })
            },
            {
              title: 'Longest wait',
              unit: 's',
              expr: `max ${by(...ofBlocker)} (${inDatabase('pg_stat_activity_root_blockers_longest_statement_seconds')})`,
              steps: above({ warning: blocked.warningSeconds, critical: blocked.criticalSeconds })
            },
            {
              title: 'Its transaction',
              unit: 's',
              expr: `max ${by(...ofBlocker)} (${inDatabase('pg_stat_activity_root_blockers_oldest_transaction_seconds')})`,
              steps: above(thresholds.longTransactionSeconds)
            }
          ],
          sortBy: 'Blocked sessions',
          empty: 'Nobody blocks anybody'
        }),
        table({
          title: 'The oldest of each user',
          about: [
            'the oldest statement, transaction and idle transaction of each database and user.',
            'old ones hold locks and keep vacuum from its work.',
            'seconds; hours for batches that are known.',
            'the board "vacuum" tells what they hold back.'
          ],
          size: [12, 8],
          labels: [
            { label: 'datname', title: 'Database', links: ['database', 'connections', 'vacuum'] },
            { label: 'usename', title: 'User' }
          ],
          columns: [
            {
              title: 'Statement',
              unit: 's',
              expr: `max ${by('datname', 'usename')} (${inDatabase('pg_stat_activity_oldest_query_seconds')})`,
              steps: above(thresholds.longQuerySeconds)
            },
            {
              title: 'Transaction',
              unit: 's',
              expr: `max ${by('datname', 'usename')} (${inDatabase('pg_stat_activity_oldest_transaction_seconds')})`,
              steps: above(thresholds.longTransactionSeconds)
            },
            {
              title: 'Idle in transaction',
              unit: 's',
              expr: `max ${by('datname', 'usename')} (${inDatabase('pg_stat_activity_oldest_idle_in_transaction_seconds')})`,
              steps: above(thresholds.idleInTransactionSeconds)
            }
          ],
          sortBy: 'Transaction',
          empty: 'Nobody is doing anything'
        }),
        timeseries({
          title: 'Blocked sessions over time',
          about: [
            'sessions that waited for a lock, by database and user.',
            'they stood still.',
            'none, or few for moments.',
            'the table of blockers, at that time.'
          ],
          unit: 'short',
          size: [12, 8],
          isStacked: true,
          lines: [
            {
              expr: `sum ${by('datname', 'usename')} (${inDatabase('pg_stat_activity_blocked_sessions', 'usename!=""')})`,
              legend: '{{datname}} {{usename}}'
            }
          ],
          links: ['database'],
          empty: 'Nobody waited'
        }),
        timeseries({
          title: 'What running work waits for',
          about: [
            'backends at work by what they wait for; CPU is those that wait for nothing.',
            'Lock events lead to transactions, IO events to memory or disk, LWLock events to contention within PostgreSQL.',
            'mostly CPU.',
            'the documentation of PostgreSQL, "Wait Events".'
          ],
          unit: 'short',
          size: [12, 8],
          isStacked: true,
          lines: [
            {
              expr: `sum ${by('wait_event_type', 'wait_event')} (${inDatabase('pg_stat_activity_wait_events')})`,
              legend: '{{wait_event_type}} {{wait_event}}'
            }
          ],
          colours: { 'CPU CPU': 'green' },
          links: ['server'],
          empty: 'Nothing ran'
        })
      ]
    },
    locksRow,
    progressRow
  ]
})
