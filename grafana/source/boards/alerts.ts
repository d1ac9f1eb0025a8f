import { board } from '../house/board.ts'
import { alerts, by, on, onServer } from '../house/expression.ts'
import { words } from '../house/mappings.ts'
import { quality } from '../house/quality.ts'
import { barGauge, stat } from '../house/single-value.ts'
import { stateTimeline } from '../house/state-panels.ts'
import { above, anyIsCritical, anyWarns, plain } from '../house/steps.ts'
import { table } from '../house/table.ts'
import { server } from '../house/variables.ts'
import { thresholds } from '../thresholds.ts'

const labels = ['datname', 'team', 'alertname', 'severity']
const count = (...matchers: readonly string[]) => `count(${alerts(...matchers)}) or vector(0)`
/** How near a value is to the one at which its alert fires: 1 is there. */
const near = (legend: string, value: string, threshold: number) => ({ expr: `max(${value}) / ${threshold}`, legend })

export const alertsBoard = board({
  uid: 'pgvitals-alerts',
  title: 'Alerts',
  question: 'What fires, whose is it, what fires too often, and what is about to?',
  variables: server('many'),
  from: 'now-24h',
  rows: [
    {
      panels: [
        stat({
          title: 'Critical',
          about: ['critical alerts that fire now.', 'each of them pages a team.', '0.', 'the table.'],
          unit: 'short',
          size: [6, 4],
          values: [{ expr: count('alertstate="firing"', 'severity="critical"') }],
          steps: anyIsCritical
        }),
        stat({
          title: 'Warnings',
          about: ['warnings that fire now.', 'each wants to be looked at the same day.', '0, or a few that somebody knows.', 'the table.'],
          unit: 'short',
          size: [6, 4],
          values: [{ expr: count('alertstate="firing"', 'severity="warning"') }],
          steps: anyWarns
        }),
        stat({
          title: 'Pending',
          about: [
            'alerts whose condition holds, but not for long enough yet.',
            'they fire soon, unless it ends.',
            '0, or a few for moments.',
            'the timeline.'
          ],
          unit: 'short',
          size: [6, 4],
          values: [{ expr: count('alertstate="pending"') }],
          steps: plain
        }),
        ...quality(4),
        table({
          title: 'What fires now',
          about: [
            'every alert that fires now, whose it is and where.',
            'the team named here is the one that is paged.',
            'empty, but for what somebody knows.',
            'the runbook: docs/runbooks, by the name of the alert.'
          ],
          size: [14, 9],
          labels: [
            { label: 'alertname', title: 'Alert' },
            { label: 'severity', title: 'Severity' },
            { label: 'team', title: 'Team' },
            { label: 'datname', title: 'Database', links: ['database'] },
            { label: 'server', title: 'Server', links: ['server'] }
          ],
          columns: [
            {
              title: 'State',
              unit: 'none',
              expr: `max ${by(...labels)} (${alerts('alertstate="firing"')})`,
              mappings: words({ 1: ['firing', 'red'] })
            }
          ],
          sortBy: 'Severity',
          isAscending: true,
          empty: 'Nothing fires'
        }),
        barGauge({
          title: 'How near the next ones are',
          about: [
            'values in proportion to what their alerts fire at, on the server where it is highest: at 1 the warning fires.',
            'what stands at 0.9 wants to be looked at before it pages.',
            'below 0.8.',
            'the board of the bar that is longest.'
          ],
          unit: 'percentunit',
          size: [10, 9],
          max: 1,
          values: [
            near(
              'connections',
              `${onServer('pg_connections_in_use')} / (${onServer('pg_connections_usable')} > 0)`,
              thresholds.connectionsUsedRatio.warning
            ),
            near('disk', `1 - ${onServer('server:pg_disk_free:ratio')}`, 1 - thresholds.diskFreeRatio.warning),
            near('sequences', onServer('pg_sequence_used_ratio'), thresholds.sequenceUsedRatio.warning),
            near(
              'age of ids',
              `${onServer('pg_database_xid_age')} / ${on()} group_left () (${onServer('pg_settings_autovacuum_freeze_max_age')} > 0)`,
              thresholds.freezeAgeRatio
            ),
            near('vacuum held back', onServer('pg_xmin_horizon_age'), thresholds.xminHorizonAge),
            near('oldest transaction', onServer('pg_stat_activity_oldest_transaction_seconds'), thresholds.longTransactionSeconds.warning),
            near(
              'idle in transaction',
              onServer('pg_stat_activity_oldest_idle_in_transaction_seconds'),
              thresholds.idleInTransactionSeconds.warning
            ),
            near('WAL of a slot', onServer('pg_replication_slots_pg_wal_lsn_diff'), thresholds.slotRetainedBytes),
            near('lag in bytes', onServer('pg_stat_replication_replay_lag_bytes'), thresholds.replicaLagBytes)
          ],
          steps: above({ warning: 0.8, critical: 1 })
        }),
        stateTimeline({
          title: 'What fired when',
          about: [
            'each alert while it fired: red critical, orange warning.',
            'what began first is often the cause of the rest.',
            'empty.',
            'the server and the database, by a click.'
          ],
          unit: 'none',
          size: [24, 10],
          states: [
            {
              expr: `2 * max ${by('datname', 'alertname')} (${alerts('alertstate="firing"', 'severity="critical"')}) or max ${by('datname', 'alertname')} (${alerts('alertstate="firing"', 'severity!="critical"')})`,
              legend: '{{alertname}} {{server}} {{datname}}'
            }
          ],
          mappings: words({ 1: ['warning', 'orange'], 2: ['critical', 'red'] }),
          empty: 'No alert fired',
          links: ['server']
        }),
        table({
          title: 'What fires most',
          about: [
            'how often each alert was found firing by Prometheus, within the range that is shown.',
            'an alert that fires all the time teaches people not to look.',
            'few, and not the same ones every week.',
            'mend the cause, or the threshold.'
          ],
          size: [24, 8],
          labels: [
            { label: 'alertname', title: 'Alert' },
            { label: 'team', title: 'Team' },
            { label: 'datname', title: 'Database', links: ['database'] },
            { label: 'server', title: 'Server', links: ['server'] }
          ],
          columns: [
            {
              title: 'Evaluations',
              unit: 'short',
              expr: `sum ${by('datname', 'team', 'alertname')} (count_over_time(${alerts('alertstate="firing"')}[$__range]))`
            }
          ],
          sortBy: 'Evaluations',
          empty: 'No alert fired'
        })
      ]
    }
  ]
})
