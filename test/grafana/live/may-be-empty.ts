/** Panels and single queries that may have no data under normal load, by reason. */
const byReason: Readonly<Record<string, readonly string[]>> = {
  'no alert may be firing': [
    'pgvitals-home "Servers" C',
    'pgvitals-home "Databases" B',
    'pgvitals-home "Alert history"',
    'pgvitals-alerts "Firing alerts"',
    'pgvitals-alerts "Alert history"',
    'pgvitals-alerts "Most frequent alerts"'
  ],
  'the server has no such error': [
    'pgvitals-home "Time to exhaustion"',
    'pgvitals-instance "Parameters pending restart"',
    'pgvitals-storage "Invalid indexes"',
    'pgvitals-storage "Duplicate indexes"',
    'pgvitals-storage "Tables without a primary key"',
    'pgvitals-exporter "Failing queries by database"',
    'pgvitals-exporter "Missing capabilities"',
    'pgvitals-exporter "Errors and dropped samples"',
    'pgvitals-activity "Oldest prepared transaction"'
  ],
  'the used space has not grown yet': ['pgvitals-storage "Time until full" A'],
  'the server has just been started': [
    'pgvitals-database "Mean statement time and last week" B',
    'pgvitals-database "Size and forecast" B',
    'pgvitals-queries "Statements by execution time" E',
    'pgvitals-queries "Statements by execution time" F',
    'pgvitals-queries "Statements by execution time" G',
    'pgvitals-queries "Slower than a day earlier"',
    'pgvitals-query "Mean time" B',
    'pgvitals-query "Mean time" C',
    'pgvitals-query "Calls" B',
    'pgvitals-storage "Unused indexes"',
    'pgvitals-vacuum "Time until exhausted"'
  ],
  'access matches the configuration': ['pgvitals-exporter "Undeclared access"', 'pgvitals-exporter "Missing declared access"'],
  'the role cannot read the tables': ['pgvitals-storage "Estimated bloat"'],
  'it depends on the load at that moment': [
    'pgvitals-home "Databases" J',
    'pgvitals-instance "Oldest transaction"',
    'pgvitals-instance "Wait event types"',
    'pgvitals-database "Oldest transaction"',
    'pgvitals-connections "Longest idle in transaction"',
    'pgvitals-connections "Oldest by database and user" B',
    'pgvitals-connections "Oldest by database and user" C',
    'pgvitals-connections "Oldest by database and user" D',
    'pgvitals-connections "Idle in transaction"',
    'pgvitals-activity "Longest wait"',
    'pgvitals-activity "Oldest transaction"',
    'pgvitals-activity "Root blockers"',
    'pgvitals-activity "Oldest activity by user"',
    'pgvitals-activity "Blocked sessions by user"',
    'pgvitals-activity "Progress"',
    'pgvitals-vacuum "Running vacuums"',
    'pgvitals-replication "Standbys and subscribers" B',
    'pgvitals-replication "Lag by stage (time)"',
    'pgvitals-alerts "Distance to alert thresholds" F',
    'pgvitals-alerts "Distance to alert thresholds" G'
  ],
  'the table has no TOAST': ['pgvitals-table "Cache hits" C', 'pgvitals-table "Size" B'],
  'there are no subscriptions': ['pgvitals-replication "Subscriptions of this server"', 'pgvitals-replication "Subscription errors"'],
  'archive_mode is off': [
    'pgvitals-replication "Archive delay"',
    'pgvitals-replication "Archived files"',
    'pgvitals-replication "Files to archive"'
  ],
  'it applies to a standby': [
    'pgvitals-replication "Replay"',
    'pgvitals-replication "Age of the last replayed transaction"',
    'pgvitals-replication "WAL not replayed"',
    'pgvitals-replication "WAL generated" B',
    'pgvitals-replication "WAL generated" C'
  ],
  'the slot has no limit, or is logical': ['pgvitals-replication "Replication slots" C', 'pgvitals-replication "Replication slots" D']
}

export const mayBeEmpty: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(byReason).flatMap(([reason, names]) => names.map((name) => [name, reason]))
)
