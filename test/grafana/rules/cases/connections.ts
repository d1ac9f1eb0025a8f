import type { AlertCase } from '../alert-case.ts'

const idle = 'pg_stat_activity_connections{datname="labeler", usename="app", state="idle"}'
const active = 'pg_stat_activity_connections{datname="labeler", usename="app", state="active"}'
const full = 'pgvitals_database_state{datname="labeler", reason="too_many_connections"}'
/** The value is unknown after five minutes. */
const vanishing = (value: number) => `${value}+0x4 stale _x90`
const lost = (kind: string) => `pg_stat_database_sessions_${kind}_total{datname="labeler"}`

export const connections: readonly AlertCase[] = [
  {
    alert: 'PostgresConnectionsHigh',
    severity: 'warning',
    bad: { pg_connections_in_use: 78, pg_connections_usable: 97, [full]: 0 },
    good: { pg_connections_in_use: 10 },
    silent: {
      'just below': { pg_connections_in_use: 77 },
      'nothing usable': { pg_connections_usable: 0 },
      unknown: { pg_connections_in_use: vanishing(78) },
      'just below when pgvitals was refused': { pg_connections_in_use: vanishing(77), [full]: 1 }
    },
    fires: { 'pgvitals is refused': { pg_connections_in_use: vanishing(78), [full]: 1 } },
    optional: [full],
    warmMinutes: 0,
    summary: 'PostgreSQL server SERVER has 80.41% of its connections in use'
  },
  {
    alert: 'PostgresConnectionsHigh',
    severity: 'critical',
    bad: { pg_connections_in_use: 93, pg_connections_usable: 97, [full]: 0 },
    good: { pg_connections_in_use: 10 },
    silent: {
      'just below': { pg_connections_in_use: 92 },
      'just below when pgvitals was refused': { pg_connections_in_use: vanishing(92), [full]: 1 }
    },
    fires: { 'pgvitals is refused': { pg_connections_in_use: vanishing(93), [full]: 1 } },
    optional: [full],
    warmMinutes: 0,
    summary: 'PostgreSQL server SERVER has 95.88% of its connections in use'
  },
  {
    alert: 'PostgresConnectionLimitNear',
    severity: 'warning',
    bad: { [idle]: 8, [active]: 1, 'pg_database_connection_limit{datname="labeler"}': 10 },
    good: { [idle]: 1 },
    silent: {
      'just below': { [idle]: 7 },
      unlimited: { 'pg_database_connection_limit{datname="labeler"}': -1 },
      'limit of zero': { 'pg_database_connection_limit{datname="labeler"}': 0 }
    },
    fires: { 'limit of one': { [idle]: 1, [active]: 0, 'pg_database_connection_limit{datname="labeler"}': 1 } },
    summary: 'Database labeler on SERVER has 90% of its connection limit in use',
    summaries: { 'limit of one': 'Database labeler on SERVER has 100% of its connection limit in use' }
  },
  {
    alert: 'PostgresRoleConnectionLimitNear',
    severity: 'warning',
    bad: { [idle]: 8, 'pg_roles_connection_limit{rolname="app"}': 10, 'pg_roles_connection_limit{rolname="other"}': -1 },
    good: { [idle]: 1 },
    silent: {
      'just below': { [idle]: 7 },
      unlimited: { 'pg_roles_connection_limit{rolname="app"}': -1 },
      'limit of zero': { 'pg_roles_connection_limit{rolname="app"}': 0 }
    },
    fires: { 'limit of one': { [idle]: 0, 'pg_roles_connection_limit{rolname="app"}': 1 } },
    optional: ['pg_roles_connection_limit{rolname="other"}'],
    labels: { usename: 'app' },
    summary: 'Role app on SERVER has 90% of its connection limit in use',
    summaries: { 'limit of one': 'Role app on SERVER has 100% of its connection limit in use' }
  },
  {
    alert: 'PostgresConnectionShareHigh',
    severity: 'warning',
    bad: { [idle]: 60, [active]: 2, pg_connections_in_use: 76, pg_connections_usable: 100 },
    good: { [idle]: 5 },
    silent: {
      'a small share': { [idle]: 55 },
      'free connections': { pg_connections_in_use: 73 },
      'nothing usable': { pg_connections_usable: 0 }
    },
    fires: {
      'a small server': {
        [idle]: 6,
        [idle.replace('labeler', 'users')]: 1,
        [active]: 0,
        pg_connections_in_use: 8,
        pg_connections_usable: 9
      }
    },
    summary: 'Database labeler on SERVER uses 62% of all connections while the server has few left',
    summaries: {
      'a small server': 'Database labeler on SERVER uses 66.67% of all connections while the server has few left'
    }
  },
  {
    alert: 'PostgresSessionsLost',
    severity: 'warning',
    bad: { [lost('abandoned')]: '+1', [lost('fatal')]: '+0.4', [lost('killed')]: '+0' },
    good: { [lost('abandoned')]: '+0.1', [lost('fatal')]: '+0' },
    silent: { 'just below': { [lost('abandoned')]: '+0.9' } },
    fires: { killed: { [lost('abandoned')]: '+0', [lost('killed')]: '+1' } },
    summary: 'Database labeler on SERVER lost 21 sessions in 15 minutes'
  }
]
