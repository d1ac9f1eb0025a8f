import { test } from 'tap'
import { render } from '../../src/metric/exposition.ts'
import { createMeter, type Meter } from '../../src/self/meter.ts'

const polled = [
  { server: 'main', datname: 'users' },
  { server: 'main', datname: 'labeler' },
  { server: 'a"b\\', datname: 'users' }
]

/** The samples of the exporter in the text format, without headers. */
const textOf = (meter: Meter) =>
  render(meter.samples())
    .texts.map(({ text }) => String(text))
    .join('')

/** The lines of the counters of polls. */
const pollsIn = (text: string) => text.split('\n').filter((line) => line.startsWith('pgvitals_polls_total'))

test('counters have a sample for each label set, and are escaped', async (t) => {
  const meter = createMeter('1.2.3')
  for (const labels of polled) meter.polled(labels, 0.5)
  meter.polled({ server: 'main', datname: 'users' }, 0.25)
  const text = textOf(meter)
  t.same(pollsIn(text), [
    'pgvitals_polls_total{server="main",datname="users"} 2',
    'pgvitals_polls_total{server="a\\"b\\\\",datname="users"} 1',
    'pgvitals_polls_total{server="main",datname="labeler"} 1'
  ])
  t.match(text, 'pgvitals_poll_seconds_total{server="main",datname="users"} 0.75\n')
  t.match(text, `pgvitals_build_info{version="1.2.3",node="${process.version}"} 1\n`)
})

test('a removed database loses its samples, a removed server all of them', async (t) => {
  const meter = createMeter('1.2.3')
  for (const labels of polled) meter.polled(labels, 0.5)
  meter.forget({ server: 'main', datname: 'users' })
  t.equal(pollsIn(textOf(meter)).length, 2)
  meter.forget({ server: 'main' })
  t.equal(pollsIn(textOf(meter)).length, 1)
})

test('logins, pages and rejected requests are counted from 0', async (t) => {
  const meter = createMeter('1.2.3')
  const lines = () =>
    textOf(meter)
      .split('\n')
      .filter((line) => line.startsWith('pgvitals_http'))
  t.same(lines(), [
    'pgvitals_http_auth_failures_total 0',
    'pgvitals_http_pages_in_flight 0',
    'pgvitals_http_requests_rejected_total{reason="busy"} 0',
    'pgvitals_http_requests_rejected_total{reason="rate"} 0',
    'pgvitals_http_requests_rejected_total{reason="host"} 0'
  ])
  meter.http.authFailed()
  meter.http.pagesInFlight(1)
  meter.http.rejected('rate')
  t.match(lines(), [
    'pgvitals_http_auth_failures_total 1',
    'pgvitals_http_pages_in_flight 1',
    /busy"} 0$/,
    'pgvitals_http_requests_rejected_total{reason="rate"} 1'
  ])
})

test('the metrics of the process that boards, rules and runbooks use are exported', async (t) => {
  const text = await createMeter('1.2.3').processText()
  for (const name of [
    ...['cpu_seconds_total', 'cpu_user_seconds_total', 'cpu_system_seconds_total', 'start_time_seconds', 'resident_memory_bytes'].map(
      (name) => `process_${name}`
    ),
    ...['mean', 'max', 'p50', 'p90', 'p99'].map((name) => `nodejs_eventloop_lag_${name}_seconds`),
    ...['heap_size_total_bytes', 'heap_size_used_bytes', 'external_memory_bytes'].map((name) => `nodejs_${name}`),
    ...['process_open_fds', 'process_max_fds']
  ]) {
    t.match(text, new RegExp(`^${name} [0-9.e+-]+$`, 'm'))
  }
  t.match(text, /^nodejs_version_info\{.*\} 1$/m)
  t.match(text, '# TYPE nodejs_gc_duration_seconds histogram\n')
})
