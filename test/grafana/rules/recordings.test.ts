import { test } from 'tap'
import { recordings } from '../../../grafana/source/rules/recording.ts'
import { hasTool } from '../../servers/has-tool.ts'
import { runPromtool } from './run-promtool.ts'

const target = 'job="pgvitals", instance="e"'
const series = (metric: string, labels: string, values: string) => ({ series: `${metric}{${target}, ${labels}}`, values })

/** Two servers of one exporter: `a` has two databases, `b` has one with the same name. */
const input = [
  series('pg_stat_activity_connections', 'server="a", datname="users", usename="u", state="idle"', '10+0x60'),
  series('pg_stat_activity_connections', 'server="a", datname="users", usename="u", state="active"', '20+0x60'),
  series('pg_stat_activity_connections', 'server="a", datname="labeler", usename="u", state="idle"', '10+0x60'),
  series('pg_stat_activity_connections', 'server="b", datname="users", usename="u", state="idle"', '7+0x60'),
  series('pg_stat_database_active_time_seconds_total', 'server="a", datname="users"', '0+60x60'),
  series('pg_stat_database_active_time_seconds_total', 'server="a", datname="labeler"', '0+0x60'),
  series('pg_stat_statements_seconds_total', 'server="a", datname="users", user="u", queryid="1"', '0+24x60'),
  series('pg_stat_statements_seconds_total', 'server="a", datname="users", user="u", queryid="other"', '0+24x60'),
  series('pg_stat_statements_wal_bytes_total', 'server="a", datname="users", user="u", queryid="other"', '0+30x60'),
  series('pg_stat_statements_wal_bytes_total', 'server="a", datname="labeler", user="v", queryid="other"', '0+90x60'),
  series('pg_stat_database_temp_bytes', 'server="a", datname="users"', '0+300x60'),
  series('pg_disk_free_bytes', 'server="a", source="configured"', '7200-60x60'),
  series('pg_connections_usable', 'server="a"', '100+0x60'),
  series('pg_connections_in_use', 'server="a"', '30+0.6x60'),
  // The same growth, but less than half of the connections are used.
  series('pg_connections_usable', 'server="b"', '100+0x60'),
  series('pg_connections_in_use', 'server="b"', '13+0.6x60'),
  // `b` streams from `a`, `c` restores from the archive, and the primary of `d` is not monitored. `e` was the primary of `c`.
  ...[
    ['a', 'primary', '1', 'written', 5000],
    ['b', 'standby', '1', 'replayed', 4900],
    ['c', 'standby', '1', 'replayed', 4000],
    ['d', 'standby', '2', 'replayed', 3000],
    ['e', 'primary', '1', 'written', 4500]
  ].flatMap(([server, role, system, what, position]) => [
    series('pg_server_info', `server="${server}", role="${role}", system_identifier="${system}"`, '1+0x60'),
    series(`pg_wal_position_${what}_bytes_total`, `server="${server}"`, `${position}+0x60`)
  ]),
  series('pg_replication_receiver_connected', 'server="b"', '1+0x60')
]

/** The expected samples after an hour. */
const expected: Readonly<Record<string, readonly (readonly [labels: string, value: number])[]>> = {
  'datname:pg_connections:sum': [
    ['server="a", datname="users"', 30],
    ['server="a", datname="labeler"', 10],
    ['server="b", datname="users"', 7]
  ],
  'server:pg_restore_lag:bytes': [['server="c"', 1000]],
  'datname:pg_share:ratio{resource="connections"}': [
    ['server="a", datname="users", resource="connections"', 0.75],
    ['server="a", datname="labeler", resource="connections"', 0.25],
    ['server="b", datname="users", resource="connections"', 1]
  ],
  'datname:pg_share:ratio{resource="active_time"}': [
    ['server="a", datname="users", resource="active_time"', 1],
    ['server="a", datname="labeler", resource="active_time"', 0]
  ],
  'datname:pg_share:ratio{resource="wal_bytes"}': [
    ['server="a", datname="users", resource="wal_bytes"', 0.25],
    ['server="a", datname="labeler", resource="wal_bytes"', 0.75]
  ],
  'datname:pg_share:ratio{resource="temp_bytes"}': [['server="a", datname="users", resource="temp_bytes"', 1]],
  // The sum of a database includes `other`, the series of single statements do not.
  'round(datname:pg_statements_seconds:rate15m * 100)': [['server="a", datname="users"', 80]],
  'round(query:pg_statements_seconds:rate30m * 100)': [['server="a", datname="users", user="u", queryid="1"', 40]],
  'round(server:pg_exhaustion:eta_seconds{resource="disk"})': [['server="a", resource="disk"', 3600]],
  'round(server:pg_exhaustion:eta_seconds{resource="connections"})': [['server="a", resource="connections"', 3400]]
}

test('recording rules compute the expected values', async (t) => {
  if (!hasTool(t, 'promtool', 'prometheus')) return
  const tests = Object.entries(expected).map(([expr, samples]) => ({
    expr,
    eval_time: '60m',
    exp_samples: samples.map(([labels, value]) => ({ labels: `${/^[\w:]+(?=\{|$)/.exec(expr)?.[0] ?? ''}{${target}, ${labels}}`, value }))
  }))
  const rules = Object.values(recordings)
    .flat()
    .map(({ record, expression: expr, labels = {} }) => ({ record, expr, labels }))
  const job = {
    name: 'recorded',
    rules,
    expression: 'up',
    stepMinutes: 1,
    tests: [{ interval: '1m', input_series: input, promql_expr_test: tests }]
  }
  t.equal((await runPromtool([job])).get('recorded'), '')
})
