import { test } from 'tap'
import { catalogue } from '../../grafana/source/catalogue.ts'
import { checkExpression } from './promql/check-expression.ts'

const options = { series: catalogue, leastRangeSeconds: 60, allowTotals: false, guardDivisors: true }
const same = 'job, instance, server'

test('valid expressions have no errors', async (t) => {
  for (const text of [
    'pg_up == 0',
    `pg_database_up == 0 and on (${same}) pg_up == 1`,
    `sum by (${same}, datname) (rate(pg_stat_database_xact_commit[5m]))`,
    `pg_database_up * on (${same}, datname) group_left (team) pg_database_info`,
    `sum by (${same}) (pg_stat_activity_connections) / on (${same}) (pg_connections_usable > 0)`,
    'histogram_quantile(0.95, sum by (job, instance, server, le) (rate(pg_stat_statements_interval_mean_seconds_bucket[10m])))',
    'changes(pg_postmaster_start_time_seconds[15m]) > 0',
    'absent(up{job="pgvitals"})',
    'sum by (job, instance, server) (rate(pg_stat_statements_seconds_total[$__rate_interval]))',
    'pg_database_xid_age / on (job, instance, server) group_left () pg_settings_autovacuum_freeze_max_age > 1.5'
  ])
    t.same(checkExpression(text, options), [], text)
})

test('expressions that select nothing or compute wrong results are errors', async (t) => {
  const wrong: Readonly<Record<string, RegExp>> = {
    pg_replication_lag: /not in the catalogue/,
    'pg_up{datname="x"} == 0': /no label datname/,
    'pg_locks_by_grant{granted="f"}': /never has granted="f"/,
    'pg_locks_count{mode=~"ExclusiveLock"}': /never has mode/,
    'pg_stat_database_deadlocks > 5': /is a counter/,
    'max_over_time(pg_stat_database_deadlocks[5m])': /is a counter/,
    'rate(pg_stat_activity_connections[5m])': /is a gauge/,
    'rate(pg_stat_database_deadlocks[30s])': /shorter than 60 s/,
    'sum by (instance) (pg_stat_activity_connections)': /does not keep job, server/,
    'sum(pg_stat_activity_connections)': /does not keep/,
    'sum without (server) (pg_stat_activity_connections)': /does not keep server/,
    [`sum by (${same}, datname) (pg_connections_in_use)`]: /no such label/,
    'pg_database_up == 0 and pg_up == 1': /different labels/,
    'pg_database_up == 0 and on (instance) pg_up == 1': /does not name job, server/,
    'pg_up * on (job, instance, server, datname) pg_database_up': /the left side lacks/,
    'pg_database_xid_age / on (job, instance, server) pg_settings_autovacuum_freeze_max_age': /left side may have many series/,
    'pg_up * on (job, instance, server) group_left () pg_database_up': /right side may have many/,
    'pg_database_up * on (job, instance, server) group_left (team) pg_up': /team\) is not on the other side/,
    'pg_connections_in_use / pg_connections_usable > 0.8': /may be 0/
  }
  for (const [text, error] of Object.entries(wrong)) t.match(checkExpression(text, options).join('\n'), error, text)
  t.throws(() => checkExpression('rate(pg_up[5m', options), /does not parse/)
  t.same(checkExpression('sum(pg_stat_activity_connections)', { ...options, allowTotals: true }), [], 'a dashboard may show a total')
})
