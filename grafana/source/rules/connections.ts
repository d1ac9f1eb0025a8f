import { perDatabase, perServer } from '../identity.ts'
import { thresholds } from '../thresholds.ts'
import type { Alert } from './alert.ts'

const { warning, critical } = thresholds.connectionsUsedRatio

export const connections: readonly Alert[] = [
  {
    name: 'PostgresConnectionsHigh',
    scope: 'instance',
    dashboard: 'pgvitals-connections',
    tiers: [
      { severity: 'warning', expression: `server:pg_connections_used:ratio > ${warning}`, for: '10m' },
      { severity: 'critical', expression: `server:pg_connections_used:ratio > ${critical}`, for: '2m' }
    ],
    keepFiring: '5m',
    summary: 'PostgreSQL server {{ $labels.server }} has {{ $value | humanizePercentage }} of its connections in use',
    description: 'At 100 % every new connection of every team is refused. See which database and user hold them, and how many are idle.'
  },
  {
    name: 'PostgresConnectionLimitNear',
    scope: 'database',
    dashboard: 'pgvitals-connections',
    tiers: [
      {
        severity: 'warning',
        expression: `datname:pg_connections:sum / (pg_database_connection_limit > 0) > ${thresholds.connectionLimitUsedRatio}`,
        for: '10m'
      }
    ],
    summary:
      'Database {{ $labels.datname }} on {{ $labels.server }} has {{ $value | humanizePercentage }} of its own connection limit in use',
    description: 'At 100 % new connections to this database are refused, though the server has room. See which user holds them.'
  },
  {
    name: 'PostgresRoleConnectionLimitNear',
    scope: 'instance',
    dashboard: 'pgvitals-connections',
    tiers: [
      {
        severity: 'warning',
        expression: `sum by (${perServer}, usename) (pg_stat_activity_connections)
/ max by (${perServer}, usename) (label_replace(pg_roles_connection_limit > 0, "usename", "$1", "rolname", "(.*)"))
> ${thresholds.connectionLimitUsedRatio}`,
        for: '10m'
      }
    ],
    summary: 'Role {{ $labels.usename }} on {{ $labels.server }} has {{ $value | humanizePercentage }} of its connection limit in use',
    description: 'At 100 % the role cannot open another connection, though the server has room. See what it does with those it has.'
  },
  {
    name: 'PostgresConnectionHog',
    scope: 'database',
    dashboard: 'pgvitals-connections',
    tiers: [
      {
        severity: 'warning',
        expression: `datname:pg_connections:sum / on (${perServer}) group_left () (pg_connections_usable > 0) > ${thresholds.connectionHogRatio.share}
and on (${perServer}) server:pg_connections_used:ratio > ${thresholds.connectionHogRatio.serverUsed}`,
        for: '10m'
      }
    ],
    summary:
      'Database {{ $labels.datname }} holds {{ $value | humanizePercentage }} of all connections of {{ $labels.server }}, which is nearly full',
    description: 'One database starves the others. Its team should close idle connections or use a smaller pool.'
  },
  {
    name: 'PostgresSessionsLost',
    scope: 'database',
    dashboard: 'pgvitals-connections',
    tiers: [
      {
        severity: 'warning',
        expression: `sum by (${perDatabase}) (
  increase(pg_stat_database_sessions_abandoned_total[15m])
  + increase(pg_stat_database_sessions_fatal_total[15m])
  + increase(pg_stat_database_sessions_killed_total[15m])
) > ${thresholds.sessionsLostIn15Minutes}`,
        for: '5m'
      }
    ],
    summary: 'Database {{ $labels.datname }} on {{ $labels.server }} lost {{ $value | humanize }} sessions in 15 minutes',
    description:
      'Clients vanished, or sessions ended by a fatal error or by an operator. Look for crashing clients, the OOM killer and the network.'
  }
]
