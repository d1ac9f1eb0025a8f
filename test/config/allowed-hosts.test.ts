import { test } from 'tap'
import { readFrom } from './read-from.ts'

const yaml = 'servers: { s: { host: h, user: u, database: d } }'

test('the allowed hosts are those of the setting and of the own target', async (t) => {
  const hostsOf = (environment: NodeJS.ProcessEnv) => readFrom(t, yaml, environment).allowedHosts
  t.same(hostsOf({}), [])
  t.same(hostsOf({ PGVITALS_ALLOWED_HOSTS: 'Metrics.example.com, *.example.net,' }), ['metrics.example.com', '*.example.net'])
  t.same(hostsOf({ PGVITALS_TARGET: 'metrics.example.com:9187' }), ['metrics.example.com'])
  t.same(hostsOf({ PGVITALS_SHARD: '1/2', PGVITALS_SHARD_TARGETS: 'p-{shard}.p.ns:9187' }), ['p-1.p.ns'])
})

test('a host that is not a name is an error', async (t) => {
  for (const text of ['http://a.example', 'a.example:9187', 'a.*', '*.', 'a b', '**'])
    t.throws(
      () => readFrom(t, yaml, { PGVITALS_ALLOWED_HOSTS: text }),
      { errors: [/PGVITALS_ALLOWED_HOSTS: .* is not a host name; expected/] },
      text
    )
})
