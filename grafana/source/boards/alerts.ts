import { board, top } from '../panels/board.ts'
import { above, words } from '../panels/colours.ts'
import { alerts, maxBy, on, onServer, sumBy } from '../panels/promql.ts'
import { barGauge, stat } from '../panels/stat.ts'
import { table } from '../panels/table.ts'
import { server } from '../panels/variables.ts'
import { thresholds } from '../thresholds.ts'
import { alertCounts, alertHistory, connectionsUsed, dataQuality, firing } from './shared-panels.ts'

/** A value relative to the threshold of its alert: 1 is the threshold. */
const relative = (legend: string, value: string, threshold: number) => ({ expr: `max(${value}) / ${threshold}`, legend })

export const alertsBoard = board('pgvitals-alerts', {
  question: 'Which alerts are firing, who owns them, which fire too often, and which are close to firing?',
  variables: server('many'),
  from: 'now-24h',
  rows: [
    top(
      ...alertCounts([6, 4], 'See the table below.'),
      stat('Pending alerts', [6, 4], 'short', {
        about: [
          'Alerts whose condition is true, but not yet for the required time.',
          'They fire unless the condition ends.',
          '0, or a few briefly.',
          'See the history below.'
        ],
        expr: `count(${alerts('alertstate="pending"')}) or vector(0)`
      }),
      ...dataQuality,
      table('Firing alerts', [14, 9], {
        about: [
          'The firing alerts with their team, database and server.',
          'This team is paged.',
          'Empty, except for known alerts.',
          'Read the runbook of the alert: `docs/runbooks/<alert>.md`.'
        ],
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
            expr: maxBy(['datname', 'team', 'alertname', 'severity'], firing()),
            mappings: words({ 1: ['firing', 'red'] })
          }
        ],
        sortBy: 'Severity',
        isAscending: true,
        empty: 'No alert is firing'
      }),
      barGauge('Distance to alert thresholds', [10, 9], 'percentunit', {
        about: [
          'Values relative to the warning thresholds of their alerts, from the server with the highest value. The alert fires at 1.',
          'A value of 0.9 needs attention before the alert fires.',
          'Below 0.8.',
          'Open the dashboard of the longest bar.'
        ],
        lines: [
          relative('connections', connectionsUsed, thresholds.connectionsUsedRatio.warning),
          relative('disk', `1 - ${onServer('server:pg_disk_free:ratio')}`, 1 - thresholds.diskFreeRatio.warning),
          relative('sequences', onServer('pg_sequence_used_ratio'), thresholds.sequenceUsedRatio.warning),
          relative(
            'age of ids',
            `${onServer('pg_database_xid_age')} / ${on()} group_left () (${onServer('pg_settings_autovacuum_freeze_max_age')} > 0)`,
            thresholds.freezeAgeRatio
          ),
          relative('vacuum held back', onServer('pg_xmin_horizon_age'), thresholds.xminHorizonAge),
          relative(
            'oldest transaction',
            onServer('pg_stat_activity_oldest_transaction_seconds'),
            thresholds.longTransactionSeconds.warning
          ),
          relative(
            'idle in transaction',
            onServer('pg_stat_activity_oldest_idle_in_transaction_seconds'),
            thresholds.idleInTransactionSeconds.warning
          ),
          relative('WAL of a slot', onServer('pg_replication_slots_pg_wal_lsn_diff'), thresholds.slotRetainedBytes),
          relative('lag in bytes', onServer('pg_stat_replication_replay_lag_bytes'), thresholds.replicaLagBytes)
        ],
        max: 1,
        steps: above({ warning: 0.8, critical: 1 })
      }),
      alertHistory(10, 'severity!="critical"', 'server'),
      table('Most frequent alerts', [24, 8], {
        about: [
          'Evaluations of each alert in which it was firing, within the time range.',
          'Alerts that fire permanently are ignored.',
          'Few, and not the same alerts every week.',
          'Fix the cause, or change the threshold.'
        ],
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
            expr: sumBy(['datname', 'team', 'alertname'], `count_over_time(${firing()}[$__range])`)
          }
        ],
        sortBy: 'Evaluations',
        empty: 'No alert fired'
      })
    )
  ]
})
