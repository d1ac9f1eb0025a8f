/** Panels and single queries that have nothing to show under a calm load, by the reason. */
const byReason: Readonly<Record<string, readonly string[]>> = {
  'nothing may fire': [
    'pgvitals-home "Servers" C',
    'pgvitals-home "Databases" B',
    'pgvitals-home "What fired when"',
    'pgvitals-alerts "What fires now"',
    'pgvitals-alerts "What fired when"',
    'pgvitals-alerts "What fires most"'
  ],
  'nothing is wrong': [
    'pgvitals-home "Time to trouble"',
    'pgvitals-instance "Waiting for a restart"',
    'pgvitals-storage "Invalid indexes"',
    'pgvitals-storage "Duplicate indexes"',
    'pgvitals-storage "Tables without a primary key"',
    'pgvitals-exporter "Queries that fail"',
    'pgvitals-exporter "What the roles may not see"',
    'pgvitals-exporter "Errors and dropped samples"',
    'pgvitals-activity "Prepared transactions"'
  ],
  'the server is too young': [
    'pgvitals-database "Mean time of a statement" B',
    'pgvitals-database "Size, and where it goes" B',
    'pgvitals-queries "Statements that took most time" E',
    'pgvitals-queries "Statements that took most time" F',
    'pgvitals-queries "Statements that took most time" G',
    'pgvitals-queries "Slower than a day before"',
    'pgvitals-query "Mean time" B',
    'pgvitals-query "Mean time" C',
    'pgvitals-query "Calls" B',
    'pgvitals-storage "Unused indexes"',
    'pgvitals-vacuum "Used up in"'
  ],
  'access is as declared': ['pgvitals-exporter "Access that nobody declared"', 'pgvitals-exporter "Declared access that is missing"'],
  'the role may not read the tables': ['pgvitals-storage "Estimated bloat"'],
  'it comes and goes with the load': [
    'pgvitals-home "Databases" J',
    'pgvitals-instance "Oldest transaction"',
    'pgvitals-instance "What running work waits for"',
    'pgvitals-database "Oldest transaction"',
    'pgvitals-connections "Longest idle in transaction"',
    'pgvitals-connections "Oldest by database and user" B',
    'pgvitals-connections "Oldest by database and user" C',
    'pgvitals-connections "Oldest by database and user" D',
    'pgvitals-connections "Idle in transaction"',
    'pgvitals-activity "Longest wait"',
    'pgvitals-activity "Oldest transaction"',
    'pgvitals-activity "Who blocks"',
    'pgvitals-activity "The oldest of each user"',
    'pgvitals-activity "Blocked sessions over time"',
    'pgvitals-activity "How far it has come"',
    'pgvitals-vacuum "How far the running ones have come"',
    'pgvitals-replication "Who streams from this server" B',
    'pgvitals-replication "Behind, in time"',
    'pgvitals-alerts "How near the next ones are" F',
    'pgvitals-alerts "How near the next ones are" G'
  ],
  'the table has no TOAST': ['pgvitals-table "Cache hits" C', 'pgvitals-table "Size" B'],
  'nobody subscribes': ['pgvitals-replication "Subscriptions of this server"', 'pgvitals-replication "Errors of subscriptions"'],
  'archive_mode is off': [
    'pgvitals-replication "Not archived for"',
    'pgvitals-replication "Files archived"',
    'pgvitals-replication "Files that wait"'
  ],
  'it is of a standby': [
    'pgvitals-replication "Replay"',
    'pgvitals-replication "Received and not replayed"',
    'pgvitals-replication "WAL made" B',
    'pgvitals-replication "WAL made" C'
  ],
  'the slot has no limit, or is logical': ['pgvitals-replication "Replication slots" C', 'pgvitals-replication "Replication slots" D']
}

export const mayBeEmpty: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(byReason).flatMap(([reason, names]) => names.map((name) => [name, reason]))
)
