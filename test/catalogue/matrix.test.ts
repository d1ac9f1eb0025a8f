import { test } from 'tap'
import { parseDatabaseUrl } from '../../src/config/database-url.ts'
import { planQueries } from '../../src/plan/plan-queries.ts'
import { QueryMemories } from '../../src/poll/query-memories.ts'
import { loadQueries } from '../../src/query/load.ts'
import { readFacts } from '../../src/server/facts.ts'
import { openSession } from '../../src/server/session.ts'
import { pollPlanned } from '../poll/poll-planned.ts'
import { majors, startServer, startStandby, type TestServer } from '../servers/start-server.ts'

const queries = loadQueries()

/** From a role that may only connect to a superuser. */
const roles = ['nobody', 'reader', 'monitor', 'postgres'] as const

/** Polls all planned queries of a role on this server: the failures, and the number of polled queries. */
async function pollAll(server: TestServer, role: string): Promise<{ failed: readonly string[]; polled: number }> {
  const session = await openSession(parseDatabaseUrl(`${server.url('platform', role)}?sslmode=disable`))
  const facts = await readFacts(session)
  const memories = new QueryMemories()
  const access = new Map([['labeler_user', 'read' as const]])
  const failed: string[] = []
  let polled = 0
  for (const planned of planQueries(queries, [{ name: 'platform', isUp: true, facts, access }])) {
    const { query } = planned
    if (planned.skipped !== undefined) continue
    polled++
    try {
      const { dropped } = await pollPlanned(session, planned, { server: 's' }, memories)
      if (Object.values(dropped).some((samples) => samples > 0)) failed.push(`${query.file} drops ${JSON.stringify(dropped)}`)
    } catch (error) {
      failed.push(`${query.file}: ${(error as Error).message}`)
    }
  }
  await session.close()
  return { failed, polled }
}

for (const major of majors) {
  test(`no query fails on PostgreSQL ${major}, on primary and standby, with any role`, async (t) => {
    const primary = await startServer({ major, flags: ['wal_level=logical', 'max_prepared_transactions=5'] })
    t.teardown(() => primary.remove())
    await primary.sql('postgres', 'create database platform', "create role nobody login password 'secret'")
    await primary.sql('postgres', "create role reader login password 'secret' in role pg_read_all_stats")
    await primary.sql('postgres', "create role monitor login password 'secret' in role pg_monitor")
    await primary.sql(
      'platform',
      'create extension pg_stat_statements',
      'create extension pg_buffercache',
      'create table item (id serial primary key, note text)',
      'create table part (id int) partition by range (id)',
      'create table part_1 partition of part for values from (0) to (10)',
      'create materialized view item_count as select count(*) from item',
      'create unlogged table fast (id int)',
      "insert into item (note) select repeat('x', 3000) from generate_series(1, 50)",
      "select pg_create_physical_replication_slot('spare', true)",
      "select pg_create_logical_replication_slot('changes', 'test_decoding')",
      'create publication everything for all tables',
      "create subscription unused connection 'host=127.0.0.1' publication everything with (connect = false, slot_name = none)",
      'analyze'
    )
    const standby = await startStandby(primary)
    t.teardown(() => standby.remove())
    for (const [name, server] of [
      ['primary', primary],
      ['standby', standby]
    ] as const) {
      let before = 0
      for (const role of roles) {
        const { failed, polled } = await pollAll(server, role)
        t.same(failed, [], `as ${role} on the ${name}`)
        t.ok(polled >= before, `${role} runs at least as many queries as the roles before: ${polled}`)
        before = polled
      }
    }
  })
}
