import { alerts, by, gainsBy, ofTeam, onServer, ratesBy, teamDatabases } from '../house/expression.ts'
import { words } from '../house/mappings.ts'
import { above, below } from '../house/steps.ts'
import { table } from '../house/table.ts'
import { thresholds } from '../thresholds.ts'

const upOrDown = words({ 0: ['down', 'red'], 1: ['up', 'green'] })
const transactions = (labels: readonly string[]) =>
  `${ratesBy(labels, onServer('pg_stat_database_xact_commit'))} + ${ratesBy(labels, onServer('pg_stat_database_xact_rollback'))}`
const hits = (labels: readonly string[]) => {
  const [hit, read] = [gainsBy(labels, onServer('pg_stat_database_blks_hit')), gainsBy(labels, onServer('pg_stat_database_blks_read'))]
  return `${hit} / (${hit} + ${read} > 0)`
}

export const serversTable = table({
  title: 'Servers',
  about: [
    'one line for each server, with its role and version.',
    'it tells which server to look at first.',
    'up, green, no alert.',
    'a click on the server.'
  ],
  size: [16, 7],
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
    { title: 'Known', unit: 'none', expr: `max ${by('role', 'version')} (${onServer('pg_server_info')})` },
    { title: 'State', unit: 'none', expr: onServer('pg_up'), mappings: upOrDown },
    {
      title: 'Alerts',
      unit: 'short',
      expr: `count ${by()} (${alerts('alertstate="firing"', 'server!=""')})`,
      steps: above({ warning: 1 })
    },
    { title: 'Up for', unit: 's', expr: `time() - ${onServer('pg_postmaster_start_time_seconds')}`, steps: below({ warning: 900 }) },
    {
      title: 'Connections',
      unit: 'percentunit',
      expr: `${onServer('pg_connections_in_use')} / (${onServer('pg_connections_usable')} > 0)`,
      steps: above(thresholds.connectionsUsedRatio),
      gaugeTo: 1
    },
    { title: 'Load', unit: 'short', decimals: 2, expr: ratesBy([], onServer('pg_stat_database_active_time_seconds_total')) },
    { title: 'Transactions', unit: 'ops', expr: transactions([]) },
    { title: 'Cache hits', unit: 'percentunit', decimals: 1, expr: hits([]), steps: below(thresholds.cacheHit.ratio) },
    { title: 'Lag', unit: 's', expr: onServer('pg_replication_lag_seconds'), steps: above(thresholds.replicaLagSeconds) }
  ],
  sortBy: 'Connections',
  hidesFirst: true
})

export const databasesTable = table({
  title: 'Databases',
  about: [
    'one line for each database that pgvitals visits, with the team that owns it.',
    'it tells whose database is in trouble.',
    'up, and no colour.',
    'a click on the database opens the view of its team.'
  ],
  size: [24, 9],
  labels: [
    { label: 'datname', title: 'Database', links: ['database', 'queries', 'connections', 'activity', 'storage', 'vacuum'] },
    { label: 'team', title: 'Team' },
    { label: 'server', title: 'Server', links: ['server'] }
  ],
  columns: [
    { title: 'State', unit: 'none', expr: teamDatabases, mappings: upOrDown },
    {
      title: 'Alerts',
      unit: 'short',
      expr: ofTeam(`count ${by('datname')} (${alerts('alertstate="firing"', 'datname!=""')})`),
      steps: above({ warning: 1 })
    },
    { title: 'Connections', unit: 'short', expr: ofTeam(`sum ${by('datname')} (${onServer('pg_stat_activity_connections')})`) },
    { title: 'Transactions', unit: 'ops', expr: ofTeam(transactions(['datname'])) },
    {
      title: 'Mean statement',
      unit: 's',
      expr: ofTeam(
        `${ratesBy(['datname'], onServer('pg_stat_statements_seconds_total'))} / (${ratesBy(['datname'], onServer('pg_stat_statements_calls_total'))} > 0)`
      )
    },
    {
      title: 'Rolled back',
      unit: 'percentunit',
      decimals: 1,
      expr: ofTeam(`${ratesBy(['datname'], onServer('pg_stat_database_xact_rollback'))} / (${transactions(['datname'])} > 0)`),
      steps: above(thresholds.rollback.ratio)
    },
    { title: 'Cache hits', unit: 'percentunit', decimals: 1, expr: ofTeam(hits(['datname'])), steps: below(thresholds.cacheHit.ratio) },
    { title: 'Size', unit: 'bytes', expr: ofTeam(onServer('pg_database_size_bytes')) },
    { title: 'Growth in 7 days', unit: 'bytes', expr: ofTeam(`delta(${onServer('pg_database_size_bytes')}[7d])`) },
    {
      title: 'Oldest transaction',
      unit: 's',
      expr: ofTeam(`max ${by('datname')} (${onServer('pg_stat_activity_oldest_transaction_seconds')})`),
      steps: above(thresholds.longTransactionSeconds)
    },
    {
      title: 'Blocked',
      unit: 'short',
      expr: ofTeam(`sum ${by('datname')} (${onServer('pg_stat_activity_blocked_sessions')})`),
      steps: above({ warning: 1 })
    }
  ],
  sortBy: 'Alerts'
})
