import { board, row, top } from '../panels/board.ts'
import { above, anyIsCritical, anyWarns, below, upOrDown } from '../panels/colours.ts'
import { by, increasesBy, maxBy, ofTeam, onServer, ratesBy, share, sumBy, teamDatabases } from '../panels/promql.ts'
import { barGauge, stat } from '../panels/stat.ts'
import { table } from '../panels/table.ts'
import { timeseries } from '../panels/timeseries.ts'
import { server, team } from '../panels/variables.ts'
import { thresholds } from '../thresholds.ts'
import { alertCounts, alertHistory, blockedSteps, connectionsUsed, connectionsUsedSpec, dataQuality, firing } from './shared-panels.ts'

const load = ratesBy([], onServer('pg_stat_database_active_time_seconds_total'))
const blocksOfServer = (metric: 'pg_stat_database_blks_hit' | 'pg_stat_database_blks_read') => increasesBy([], onServer(metric))

export const home = board('pgvitals-home', {
  question: 'Is anything wrong, on which server, and who owns the database?',
  variables: [...server('many'), team],
  rows: [
    top(
      ...alertCounts([3, 4], 'See the history below and the Alerts dashboard.', ['alerts']),
      stat('Servers down', [3, 4], 'short', {
        about: [
          'Servers on which pgvitals cannot reach any database.',
          'The server is down for all clients, or only the login of pgvitals fails.',
          '0.',
          'Find the server in the table; the Exporter dashboard shows the class of error.'
        ],
        expr: `sum(${onServer('pg_up')} == bool 0)`,
        steps: anyIsCritical,
        empty: 'No data from any exporter',
        links: ['exporter']
      }),
      stat('Databases down', [3, 4], 'short', {
        about: [
          'Databases whose last poll cycle failed.',
          'All clients of the database, or only the role of pgvitals, cannot connect.',
          '0.',
          'Find the database in the table; the Exporter dashboard shows the reason.'
        ],
        expr: `sum(${teamDatabases} == bool 0)`,
        steps: anyIsCritical,
        links: ['exporter']
      }),
      stat('Highest connection usage', [3, 4], 'percentunit', {
        ...connectionsUsedSpec,
        expr: `topk(1, ${connectionsUsed})`,
        legend: '{{server}}',
        links: ['serverConnections']
      }),
      stat('Blocked sessions', [3, 4], 'short', {
        about: [
          'Sessions that wait for a lock of another session.',
          'Their statements do not continue until the lock is released.',
          '0, or a few briefly.',
          'Open the Activity and locks dashboard of the server for the root blockers.'
        ],
        expr: `sum(${onServer('pg_stat_activity_blocked_sessions')}) or vector(0)`,
        steps: blockedSteps
      }),
      ...dataQuality,
      table('Servers', [16, 7], {
        about: [
          'The servers with their role, version and key figures.',
          'It shows which server to look at first.',
          'Up, no alerts, no coloured values.',
          'Click the server.'
        ],
        labels: [
          {
            label: 'server',
            title: 'Server',
            links: ['server', 'serverConnections', 'serverActivity', 'serverStorage', 'serverVacuum', 'replication']
          },
          { label: 'role', title: 'Role' },
          { label: 'version', title: 'Version' }
        ],
        columns: [
          { title: 'Known', unit: 'none', expr: maxBy(['role', 'version'], onServer('pg_server_info')) },
          { title: 'State', unit: 'none', expr: onServer('pg_up'), mappings: upOrDown },
          { title: 'Alerts', unit: 'short', expr: `count ${by()} (${firing('server!=""')})`, steps: anyWarns },
          { title: 'Uptime', unit: 's', expr: `time() - ${onServer('pg_postmaster_start_time_seconds')}`, steps: below({ warning: 900 }) },
          { title: 'Connections', unit: 'percentunit', expr: connectionsUsed, steps: above(thresholds.connectionsUsedRatio), gaugeTo: 1 },
          { title: 'Load', unit: 'short', decimals: 2, expr: load },
          { title: 'Transactions', unit: 'ops', expr: sumBy([], onServer('datname:pg_xact:rate5m')) },
          {
            title: 'Cache hits',
            unit: 'percentunit',
            decimals: 1,
            expr: share(blocksOfServer('pg_stat_database_blks_hit'), blocksOfServer('pg_stat_database_blks_read')),
            steps: below(thresholds.cacheHit.ratio)
          },
          { title: 'Lag', unit: 's', expr: onServer('pg_replication_lag_seconds'), steps: above(thresholds.replicaLagSeconds) }
        ],
        sortBy: 'Connections',
        hidesFirst: true
      }),
      barGauge('Time to exhaustion', [8, 7], 's', {
        about: [
          'Time until a resource is exhausted at the rate of the last hours: the shortest per server and kind.',
          'Exhausted disk space, transaction ids, sequences and slots cause outages that take hours to resolve.',
          `Empty, or more than ${thresholds.diskFill.warningAheadSeconds / 86400} days. Connections are predicted only above ${100 * thresholds.connectionsFillRatio} % in use.`,
          'Open the Storage dashboard for disk and sequences, Vacuum for ids, Replication for slots.'
        ],
        expr: `sort(min ${by('resource')} (${onServer('server:pg_exhaustion:eta_seconds')}) < 30 * 86400)`,
        legend: '{{resource}} {{server}}',
        steps: below({ warning: thresholds.diskFill.warningAheadSeconds, critical: thresholds.exhaustionSeconds }),
        empty: 'Nothing is exhausted within 30 days',
        links: ['server']
      }),
      table('Databases', [24, 9], {
        about: [
          'The polled databases with their team and key figures.',
          'It shows which team is affected.',
          'Up, no alerts, no coloured values.',
          'Click the database for its dashboard.'
        ],
        labels: [
          { label: 'datname', title: 'Database', links: ['database', 'queries', 'connections', 'activity', 'storage', 'vacuum'] },
          { label: 'team', title: 'Team' },
          { label: 'server', title: 'Server', links: ['server'] }
        ],
        columns: [
          { title: 'State', unit: 'none', expr: teamDatabases, mappings: upOrDown },
          { title: 'Alerts', unit: 'short', expr: ofTeam(`count ${by('datname')} (${firing('datname!=""')})`), steps: anyWarns },
          { title: 'Connections', unit: 'short', expr: ofTeam(onServer('datname:pg_connections:sum')) },
          { title: 'Transactions', unit: 'ops', expr: ofTeam(onServer('datname:pg_xact:rate5m')) },
          { title: 'Mean statement', unit: 's', expr: ofTeam(onServer('datname:pg_statements_seconds:mean15m')) },
          {
            title: 'Rolled back',
            unit: 'percentunit',
            decimals: 1,
            expr: ofTeam(onServer('datname:pg_xact_rollback:ratio_rate5m')),
            steps: above(thresholds.rollback.ratio)
          },
          {
            title: 'Cache hits',
            unit: 'percentunit',
            decimals: 1,
            expr: ofTeam(onServer('datname:pg_cache_hit:ratio_rate15m')),
            steps: below(thresholds.cacheHit.ratio)
          },
          { title: 'Size', unit: 'bytes', expr: ofTeam(onServer('pg_database_size_bytes')) },
          { title: 'Growth in 7 days', unit: 'bytes', expr: ofTeam(`delta(${onServer('pg_database_size_bytes')}[7d])`) },
          {
            title: 'Oldest transaction',
            unit: 's',
            expr: ofTeam(maxBy(['datname'], onServer('pg_stat_activity_oldest_transaction_seconds'))),
            steps: above(thresholds.longTransactionSeconds)
          },
          {
            title: 'Blocked',
            unit: 'short',
            expr: ofTeam(sumBy(['datname'], onServer('pg_stat_activity_blocked_sessions'))),
            steps: anyWarns
          }
        ],
        sortBy: 'Alerts'
      })
    ),
    row('Alerts', alertHistory(8, 'severity="warning"', 'alerts')),
    row(
      'Trends',
      timeseries('Load by server', [8, 8], 'short', {
        about: [
          'Sessions that execute a statement, on average.',
          'If it exceeds the number of CPUs, statements wait for a CPU.',
          'The usual daily pattern of the server.',
          'Click the server for its load by database.'
        ],
        expr: load,
        legend: '{{server}}',
        links: ['server']
      }),
      timeseries('Transactions by database', [8, 8], 'ops', {
        about: [
          'Transactions per second, committed or rolled back.',
          'A sudden change indicates a deployment, an outage of a client, or a loop in an application.',
          'The usual daily pattern of the database.'
        ],
        expr: ofTeam(onServer('datname:pg_xact:rate5m')),
        legend: '{{datname}} on {{server}}',
        links: ['database']
      }),
      timeseries('Connections by server', [8, 8], 'percentunit', {
        ...connectionsUsedSpec,
        expr: connectionsUsed,
        legend: '{{server}}',
        links: ['serverConnections']
      })
    )
  ]
})
