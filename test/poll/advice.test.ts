import { test } from 'tap'
import { adviceOf } from '../../src/poll/advice.ts'
import { unvisited } from '../../src/poll/database-state.ts'
import { makeExporter } from '../exporter/run-exporter.ts'
import { sampleValue } from '../page/parse-page.ts'
import { startServer } from '../servers/start-server.ts'

test('what a role is blind to is said once, with what to run, and as a capability of 0', async (t) => {
  const server = await startServer()
  t.teardown(() => server.remove())
  await server.sql('postgres', "create role weak login password 'secret'")
  const blind = makeExporter({ DATABASE_URL: server.url('postgres', 'weak') })
  t.teardown(() => blind.exporter.stop())
  await blind.exporter.pollOnce()
  await blind.exporter.pollOnce()
  const lines = blind.logged.map(({ msg }) => String(msg))
  t.equal(lines.filter((line) => line.endsWith('as a superuser: grant pg_monitor to weak')).length, 1)
  t.equal(lines.filter((line) => /no statements are seen: create extension pg_stat_statements in postgres, /.test(line)).length, 1)
  t.equal(sampleValue(await blind.samples(), 'pgvitals_capability', { datname: '', capability: 'pg_stat_statements' }), 0)

  await server.sql('postgres', 'create extension pg_stat_statements', 'grant pg_monitor to weak')
  const seeing = makeExporter({ DATABASE_URL: server.url('postgres', 'weak') })
  t.teardown(() => seeing.exporter.stop())
  await seeing.exporter.pollOnce()
  t.equal(seeing.logged.filter(({ level }) => level === 40).length, 0)
  t.equal(sampleValue(await seeing.samples(), 'pgvitals_capability', { datname: '', capability: 'pg_stat_statements' }), 1)
})

test('an extension whose library was not loaded is said to be so', async (t) => {
  const facts = {
    role: 'r',
    version: [18],
    isStandby: false,
    extensions: new Map([['pg_stat_statements', { version: [1, 12], schema: 'public' }]]),
    capabilities: new Set(['pg_monitor', 'pg_read_all_settings', 'pg_read_all_stats'])
  }
  t.match(adviceOf([{ ...unvisited, name: 'd', isUp: true, facts }]), [
    /is installed in d, but was not loaded when PostgreSQL started; alter system/
  ])
  t.same(adviceOf([{ ...unvisited, name: 'd', facts }]), [], 'nothing of a database that is down')
  const old = {
    ...facts,
    extensions: new Map([['pg_stat_statements', { version: [1, 7], schema: 'public' }]]),
    capabilities: new Set([...facts.capabilities, 'pg_stat_statements'])
  }
  t.match(adviceOf([{ ...unvisited, name: 'd', isUp: true, facts: old }]), [/in d is older than 1.8; there: alter extension/])
})
