import { perDatabase, perServer } from '../identity.ts'
import { thresholds } from '../thresholds.ts'
import { type Alert, count, critical, database, label, percent, server, warning } from './alert.ts'

const { connectionsUsedRatio, connectionLimitUsedRatio, connectionHogRatio: connectionShare } = thresholds

/** If the server is full and rejects sessions of pgvitals, the last known ratio counts. */
const connectionsUsed = (ratio: number) =>
  `server:pg_connections_used:ratio > ${ratio}
or last_over_time(server:pg_connections_used:ratio[1d]) > ${ratio}
and on (${perServer}) pgvitals_database_state{reason="too_many_connections"} == 1`

export const connections: readonly Alert[] = [
  {
    name: 'PostgresConnectionsHigh',
    scope: 'instance',
    dashboard: 'pgvitals-connections',
    tiers: [warning('10m', connectionsUsed(connectionsUsedRatio.warning)), critical('2m', connectionsUsed(connectionsUsedRatio.critical))],
    summary: `PostgreSQL server ${server} has ${percent} of its connections in use`,
    description: 'At 100 % new connections of all teams are refused. Check which database and user open most, and how many are idle.'
  },
  {
    name: 'PostgresConnectionLimitNear',
    scope: 'database',
    dashboard: 'pgvitals-connections',
    tiers: [warning('10m', `datname:pg_connections:sum / (pg_database_connection_limit > 0) > ${connectionLimitUsedRatio}`)],
    summary: `Database ${database} has ${percent} of its connection limit in use`,
    description:
      'At 100 % new connections to this database are refused, even if the server has free connections. Check which user opens most.'
  },
  {
    name: 'PostgresRoleConnectionLimitNear',
    scope: 'instance',
    dashboard: 'pgvitals-connections',
    tiers: [
      warning(
        '10m',
        `sum by (${perServer}, usename) (pg_stat_activity_connections)
/ max by (${perServer}, usename) (label_replace(pg_roles_connection_limit > 0, "usename", "$1", "rolname", "(.*)"))
> ${connectionLimitUsedRatio}`
      )
    ],
    summary: `Role ${label('usename')} on ${server} has ${percent} of its connection limit in use`,
    description: 'At 100 % new connections of this role are refused, even if the server has free connections. Check its open sessions.'
  },
  {
    name: 'PostgresConnectionShareHigh',
    scope: 'database',
    dashboard: 'pgvitals-connections',
    tiers: [
      warning(
        '10m',
        `datname:pg_connections:sum / on (${perServer}) group_left () (pg_connections_usable > 0) > ${connectionShare.share}
and on (${perServer}) server:pg_connections_used:ratio > ${connectionShare.serverUsed}`
      )
    ],
    summary: `Database ${database} uses ${percent} of all connections while the server has few left`,
    description:
      'When the server is full, new connections to every database are refused. Ask the team to close idle connections or to reduce its pool size.'
  },
  {
    name: 'PostgresSessionsLost',
    scope: 'database',
    dashboard: 'pgvitals-connections',
    tiers: [
      warning(
        '5m',
        `sum by (${perDatabase}) (
  increase(pg_stat_database_sessions_abandoned_total[15m])
  + increase(pg_stat_database_sessions_fatal_total[15m])
  + increase(pg_stat_database_sessions_killed_total[15m])
) > ${thresholds.sessionsLostIn15Minutes}`
      )
    ],
    summary: `Database ${database} lost ${count} sessions in 15 minutes`,
    description:
      'Clients disappeared, or sessions were ended by a fatal error or an operator. Check for crashing clients, the OOM killer and the network.'
  }
]
