import { isDeepStrictEqual } from 'node:util'
import { type Test, test } from 'tap'
import { holdSession } from './catalogue/held-session.ts'
import { runDoctor } from './doctor/run-doctor.ts'
import { everySecond, makeExporter, until } from './exporter/run-exporter.ts'
import { allOf, type PageSample, sampleValue } from './page/parse-page.ts'
import { createTeam, type Team } from './servers/create-team.ts'

type Samples = readonly PageSample[]

/** Asserts that the page contains no series twice and that none was dropped as a duplicate. */
function expectNothingTwice(t: Test, all: Samples): void {
  const series = all.map(({ name, labels }) => JSON.stringify([name, Object.entries(labels).sort()]))
  t.same(
    series.filter((one, index) => series.indexOf(one) !== index),
    [],
    'no series is exported twice'
  )
  t.same(
    allOf(all, 'pgvitals_samples_dropped_total', { reason: 'duplicate' }).filter(({ value }) => value !== 0),
    [],
    'and no duplicate was dropped'
  )
}

/** The sessions of a database as `user state`, with their number. */
function sessionsOf(all: Samples, datname: string): Record<string, number> {
  const found = allOf(all, 'pg_stat_activity_count', { datname }).filter(({ value }) => value > 0)
  return Object.fromEntries(found.map(({ labels, value }) => [`${labels.usename} ${labels.state}`, value]))
}

/** The databases that contribute their own rows to a query. */
function contributing(all: Samples, query: string): readonly string[] {
  return allOf(all, 'pgvitals_query_success', { query })
    .map(({ labels }) => labels.datname ?? '')
    .filter((datname) => datname !== '')
    .sort()
}

const own = (team: Team) => [team.users, team.labeler].sort()

for (const major of [13, 18] as const) {
  test(`PostgreSQL ${major}: with three owners and without pg_monitor every database contributes the rows that its owner sees`, async (t) => {
    const team = await createTeam(major)
    const { exporter, samples, logged } = makeExporter(team.environment('owners'))
    t.teardown(() => exporter.stop())
    const open = async (database: 'platform' | 'users' | 'labeler', user = `${team[database]}_owner`) => {
      const session = await holdSession(team.server, team[database], user)
      t.teardown(() => session.end())
      return session
    }
    const [blocker, blocked] = [await open('labeler'), await open('labeler')]
    await blocker.run('begin', 'lock table item')
    blocked.send('select * from item')
    await open('users', 'postgres')
    // A session that is visible to another credential, but not to that of its database.
    await team.server.sql(
      'postgres',
      `grant connect on database ${team.users} to ${team.platform}_owner, ${team.labeler}_owner`,
      `grant connect on database ${team.platform} to ${team.labeler}_owner`
    )
    const guests = [await open('users', `${team.platform}_owner`), await open('users', `${team.labeler}_owner`)]
    for (const guest of [...guests, await open('platform', `${team.labeler}_owner`)]) await guest.run('begin')
    const sizes = async () => {
      const rows = await team.server.sql('postgres', 'select datname, pg_database_size(oid)::float8 as size from pg_database')
      return new Map(rows.map(({ datname, size }) => [String(datname), Number(size)]))
    }
    await until('the session waits', 10, async () => {
      const rows = await team.server.sql(
        'postgres',
        `select from pg_stat_activity where datname = '${team.labeler}' and wait_event_type = 'Lock'`
      )
      return rows.length === 1
    })
    const before = await sizes()
    await exporter.pollOnce()
    const all = await samples()
    const after = await sizes()

    for (const datname of [team.platform, team.users, team.labeler]) {
      t.equal(sampleValue(all, 'pg_database_up', { datname }), 1)
      t.equal(sampleValue(all, 'pg_stat_user_tables_n_tup_ins', { datname, relname: 'item' }), 100, `${datname}'s owner sees its tables`)
      for (const capability of ['pg_monitor', 'pg_read_all_stats'])
        t.equal(sampleValue(all, 'pgvitals_capability', { datname, capability }), 0)
      const size = sampleValue(all, 'pg_database_size_bytes', { datname }) ?? 0
      t.ok((before.get(datname) ?? 0) <= size && size <= (after.get(datname) ?? 0), `the size of ${datname} is that of the server`)
    }

    const owner = `${team.labeler}_owner`
    t.match(sessionsOf(all, team.labeler), { [`${owner} idle in transaction`]: 1 })
    t.equal(sampleValue(all, 'pg_stat_activity_connections', { datname: team.labeler, usename: owner, state: 'idle in transaction' }), 1)
    t.ok((sampleValue(all, 'pg_stat_activity_oldest_transaction_seconds', { datname: team.labeler, usename: owner }) ?? 0) > 0)
    t.ok((sampleValue(all, 'pg_stat_activity_oldest_idle_in_transaction_seconds', { datname: team.labeler, usename: owner }) ?? 0) > 0)
    t.equal(sampleValue(all, 'pg_stat_activity_connections', { datname: team.labeler, state: 'idle in transaction (aborted)' }), 0)
    t.equal(sampleValue(all, 'pg_stat_activity_blocked_sessions', { datname: team.labeler, usename: owner }), 1)
    t.ok((sampleValue(all, 'pg_stat_activity_blocked_longest_statement_seconds', { datname: team.labeler, usename: owner }) ?? 0) > 0)
    const root = { datname: team.labeler, usename: owner, state: 'idle in transaction' }
    t.equal(sampleValue(all, 'pg_stat_activity_root_blockers', root), 1)
    t.equal(sampleValue(all, 'pg_stat_activity_root_blockers_blocked_sessions', root), 1)
    t.equal(sampleValue(all, 'pg_stat_activity_wait_events', { datname: team.labeler, wait_event_type: 'Lock' }), 1)
    t.equal(sampleValue(all, 'pg_stat_activity_running', { datname: team.labeler, state: 'active', older_than: '1h' }), 0)
    t.equal(sampleValue(all, 'pg_stat_ssl_connections', { datname: team.labeler, ssl: 'true' }), 0)

    const guestOf = (database: string, user: string) => ({ [`${user}_owner idle in transaction`]: 1, [`${database}_owner active`]: 1 })
    t.match(sessionsOf(all, team.users), { ...guestOf(team.users, team.platform), ...guestOf(team.users, team.labeler) })
    t.match(sessionsOf(all, team.platform), guestOf(team.platform, team.labeler))
    for (const datname of [team.users, team.platform])
      t.ok((sampleValue(all, 'pg_stat_activity_oldest_transaction_seconds', { datname, usename: owner }) ?? 0) > 0)
    t.match(sessionsOf(all, team.users), { 'postgres unknown': 1 }, 'a session that no credential sees is counted with an unknown state')
    t.same(allOf(all, 'pg_stat_activity_oldest_transaction_seconds', { datname: team.users, usename: 'postgres' }), [])
    t.same(
      allOf(all, 'pg_stat_activity_count', { datname: team.users, state: 'idle in transaction (aborted)' }),
      [],
      'no state that it could have is 0'
    )
    // Without a label for the user, the sessions that the credential of the database sees are counted.
    t.equal(sampleValue(all, 'pg_stat_activity_wait_events', { datname: team.users, wait_event_type: 'unknown' }), 3)
    t.equal(sampleValue(all, 'pg_stat_ssl_connections', { datname: team.users, ssl: 'unknown' }), 3)

    for (const query of ['database_size', 'stat_activity', 'xmin_horizon'])
      t.same(contributing(all, query), own(team), `${query} is merged with the rows of the databases of the other owners`)
    t.same(contributing(all, 'stat_database'), [], 'a query whose rows do not depend on the role runs once')
    expectNothingTwice(t, all)

    for (const query of ['wal', 'stat_replication', 'stat_activity_autovacuum'])
      t.same(allOf(all, 'pgvitals_query_success', { query }), [], `${query} is skipped and does not fail`)
    t.same(allOf(all, 'pg_wal_segments'), [])
    t.ok(
      allOf(all, 'pgvitals_query_success').every(({ value }) => value === 1),
      'no query fails'
    )
    const line = logged.map(({ msg }) => String(msg)).find((msg) => msg.includes('queries run'))
    t.match(line, /skipped: .*wal \(needs capability pg_ls_waldir\)/)
  })
}

for (const major of [13, 18] as const) {
  test(`PostgreSQL ${major}: statements of each owner are named, and a grant moves all rows to one credential and back`, async (t) => {
    const team = await createTeam(major)
    const databases = [team.platform, team.users, team.labeler]
    // A role of an application, whose statements no owner can read.
    const app = `${team.labeler}_app`
    await team.server.sql('postgres', `create role ${app} login password 'secret'`)
    for (const name of databases)
      await team.server.sql(name, 'create extension pg_stat_statements', `grant connect on database ${name} to ${app}`)
    // Other tests leave statements on this server, which would take the places of these.
    const queries = everySecond.replace('stat_statements: { interval: 1s', '$&, top: 5000')
    const { exporter, samples } = makeExporter(
      { ...team.environment('owners'), PGVITALS_QUERIES: queries },
      { queries: ['database_size', 'stat_activity', 'stat_statements', 'stat_statements_query_id'] }
    )
    t.teardown(() => exporter.stop())
    const open = (name: string) => Promise.all([holdSession(team.server, name, `${name}_owner`), holdSession(team.server, name, app)])
    const sessions = (await Promise.all(databases.map(open))).flat()
    t.teardown(() => Promise.all(sessions.map((session) => session.end())))
    const run = async (times: number) => {
      for (let time = 0; time < times; time++) await Promise.all(sessions.map((session) => session.run('select 1 as one')))
    }
    const scrape = async () => {
      exporter.scraped('prometheus')
      return await samples()
    }
    const ids = new Map<string, string>()
    const calls = 'pg_stat_statements_calls_total'
    /** Executions of the statement by the owner, and of all statements by the application. */
    const countsOf = (all: Samples, datname: string) => [
      sampleValue(all, calls, { datname, user: `${datname}_owner`, queryid: ids.get(datname) ?? '' }),
      allOf(all, calls, { datname, user: app }).reduce((sum, { value }) => sum + value, 0)
    ]
    const haveCounts = async (count: number) => {
      const all = await scrape()
      return databases.every((name) => countsOf(all, name).every((value) => value === count))
    }
    const queryidOf = async (datname: string) => {
      const from = 'pg_stat_statements as s join pg_database as d on d.oid = s.dbid join pg_roles as r on r.oid = s.userid'
      const where = `d.datname = '${datname}' and r.rolname = '${datname}_owner' and s.query like 'select $1 as one'`
      const [row] = await team.server.sql(datname, `select s.queryid::text from ${from} where ${where}`)
      return String(row?.queryid)
    }

    await run(1)
    for (const name of databases) ids.set(name, await queryidOf(name))
    await exporter.start()
    await until('the statements of every owner are named', 20, () => haveCounts(0))
    t.same(contributing(await scrape(), 'stat_statements'), own(team))
    await run(7)
    await until('the executions of every owner and of the application are counted', 20, () => haveCounts(7))
    await until('the texts', 20, async () => {
      const texts = allOf(await scrape(), 'pg_stat_statements_query_id').map(({ labels }) => labels.queryid)
      return [...ids.values()].every((id) => texts.includes(id))
    })
    expectNothingTwice(t, await scrape())

    await team.server.sql('postgres', `grant pg_monitor to ${team.platform}_owner`)
    await until('one credential reads all rows', 20, async () => {
      const moved = await scrape()
      const isAlone = ['database_size', 'stat_activity', 'stat_statements'].every((query) => contributing(moved, query).length === 0)
      return isAlone && isDeepStrictEqual(countsOf(moved, team.labeler), [0, 0])
    })
    await run(5)
    await until('the executions since are counted', 20, async () => isDeepStrictEqual(countsOf(await scrape(), team.labeler), [5, 5]))
    // The owner may have a second session: that of a poll cycle.
    const idle = sessionsOf(await scrape(), team.labeler)
    t.ok(idle[`${app} idle`] === 1 && (idle[`${team.labeler}_owner idle`] ?? 0) >= 1, `sessions of both users: ${JSON.stringify(idle)}`)
    expectNothingTwice(t, await scrape())

    await team.server.sql('postgres', `revoke pg_monitor from ${team.platform}_owner`)
    await until('every database contributes again', 20, async () => {
      const moved = await scrape()
      return contributing(moved, 'stat_statements').length === 2 && isDeepStrictEqual(countsOf(moved, team.labeler), [0, 0])
    })
    await run(3)
    await until('the executions since are counted', 20, async () => isDeepStrictEqual(countsOf(await scrape(), team.labeler), [3, 3]))
    expectNothingTwice(t, await scrape())
  })
}

test('an owner without pg_stat_statements in its database is named once, with the fix', async (t) => {
  const team = await createTeam()
  await team.server.sql(team.platform, 'create extension pg_stat_statements')
  await team.server.sql(team.users, 'create schema hidden', 'create extension pg_stat_statements schema hidden')
  const { exporter, samples, logged } = makeExporter(team.environment('owners'), { queries: ['stat_statements'] })
  t.teardown(() => exporter.stop())
  const only = 'are exported as other only, because'
  const expected = [
    `statements of role ${team.users}_owner ${only} the role lacks usage on schema hidden in database ${team.users}; run there: grant usage on schema hidden to ${team.users}_owner`,
    `statements of role ${team.labeler}_owner ${only} pg_stat_statements is not installed in database ${team.labeler}; run there: create extension pg_stat_statements`
  ]
  await exporter.pollOnce()
  await exporter.pollOnce()
  t.equal(sampleValue(await samples(), 'pgvitals_capability', { datname: '', capability: 'pg_stat_statements' }), 1)
  const advice = logged.map(({ msg }) => String(msg).replace(/^server [^ ]+: /, '')).filter((msg) => msg.includes(only))
  t.same(advice.sort(), [...expected].sort())
  const { servers } = await runDoctor(team.environment('owners'))
  const hints = servers.flatMap((server) => server.hints.map(({ text }) => text))
  t.same(hints.filter((text) => text.includes(only)).sort(), [...expected].sort())

  await team.server.sql(team.platform, 'create schema closed', 'alter extension pg_stat_statements set schema closed')
  const [closed] = (await runDoctor({ DATABASE_URL: team.url('platform', `${team.platform}_owner`) })).servers
  t.match(closed?.scripts.postgresql, /^grant usage on schema closed to pgvitals;$/m, 'the dedicated role needs the privilege')
  t.notMatch(closed?.scripts.postgresql, /closed to \w+_owner/, 'and not the owner that it replaces')
})

test('server-wide queries run with the credential that sees most, whatever its position in the configuration', async (t) => {
  const team = await createTeam()
  const { exporter, samples } = makeExporter(
    { ...team.environment('owners'), USER_DATABASE_URL: team.url('users') },
    { queries: ['database_size', 'stat_activity', 'wal'] }
  )
  t.teardown(() => exporter.stop())
  await exporter.pollOnce()
  const all = await samples()
  t.ok((sampleValue(all, 'pg_wal_segments') ?? 0) > 0)
  t.ok((sampleValue(all, 'pg_database_size_bytes', { datname: team.labeler }) ?? 0) > 1e6)
  t.same(allOf(all, 'pg_stat_activity_count', { state: 'unknown' }), [])
  t.same(contributing(all, 'stat_activity'), [], 'no other credential is needed')
  t.equal(
    sampleValue(all, 'pgvitals_capability', { datname: team.platform, capability: 'pg_monitor' }),
    0,
    'each credential has its own capabilities'
  )
  t.equal(sampleValue(all, 'pgvitals_capability', { datname: team.users, capability: 'pg_monitor' }), 1)
})
