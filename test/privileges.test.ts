import { test } from 'tap'
import { parseDatabaseUrl } from '../src/config/database-url.ts'
import { grantAdvice } from '../src/plan/grant-advice.ts'
import { type Facts, readFacts } from '../src/server/facts.ts'
import { openSession } from '../src/server/session.ts'
import { errorsOf, runDoctor, runScript } from './doctor/run-doctor.ts'
import { everySecond, makeExporter, until } from './exporter/run-exporter.ts'
import { sampleValue } from './page/parse-page.ts'
import { makeCandidate } from './plan/make-candidate.ts'
import { createTeam } from './servers/create-team.ts'
import { hasTool } from './servers/has-tool.ts'
import type { Major } from './servers/start-server.ts'

/** A role that lacks something, the capabilities that it lacks, and the fix that doctor prints and the log contains. */
interface Case {
  readonly name: string
  readonly since?: Major
  /** Statements in the database `platform`. `R` is the role, `G` a group role. */
  readonly sql: readonly string[]
  /** The statements that differ before PostgreSQL 16. */
  readonly sqlBefore16?: readonly string[]
  readonly missing: readonly string[]
  readonly cause: string
  readonly fix: readonly string[]
  readonly fixBefore16?: readonly string[]
  /** Whether the finding is a hint: its fix is not in the script. */
  readonly isHint?: boolean
}

const ofMonitor = ['pg_ls_waldir', 'pg_ls_archive_statusdir', 'pg_read_all_settings', 'pg_read_all_stats', 'pg_monitor']
const uninherited = 'it is a member of pg_monitor, but does not inherit its privileges'

const cases: readonly Case[] = [
  {
    name: 'pg_monitor was not granted',
    sql: [],
    missing: ofMonitor,
    cause: '',
    fix: ['grant pg_monitor to R']
  },
  {
    name: 'pg_monitor was granted to a role that does not inherit',
    sql: ['alter role R noinherit', 'grant pg_monitor to R'],
    missing: ofMonitor,
    cause: uninherited,
    fix: ['grant pg_monitor to R with inherit true'],
    fixBefore16: ['alter role R inherit']
  },
  {
    name: 'pg_monitor was not granted to a role that does not inherit',
    sql: ['alter role R noinherit'],
    missing: ofMonitor,
    cause: '',
    fix: ['grant pg_monitor to R with inherit true'],
    fixBefore16: ['grant pg_monitor to R', 'alter role R inherit']
  },
  {
    name: 'pg_monitor was granted to a group role that does not inherit',
    sql: ['create role G noinherit in role pg_monitor', 'grant G to R'],
    missing: ofMonitor,
    cause: uninherited,
    fix: ['grant pg_monitor to G with inherit true'],
    fixBefore16: ['alter role G inherit']
  },
  {
    name: 'a member does not inherit from a group role, which has pg_monitor',
    sql: ['create role G in role pg_monitor', 'grant G to R with inherit false'],
    sqlBefore16: ['create role G in role pg_monitor', 'grant G to R', 'alter role R noinherit'],
    missing: ofMonitor,
    cause: uninherited,
    fix: ['grant G to R with inherit true'],
    fixBefore16: ['alter role R inherit']
  },
  {
    name: 'a member may not use SET ROLE, but inherits',
    since: 16,
    sql: ['grant pg_monitor to R with set false, inherit true'],
    missing: [],
    cause: '',
    fix: []
  },
  {
    name: 'pg_monitor lacks EXECUTE on a function',
    sql: ['grant pg_monitor to R', 'revoke execute on function pg_catalog.pg_ls_waldir() from pg_monitor'],
    missing: ['pg_ls_waldir'],
    cause: 'pg_monitor is granted, but lacks EXECUTE on pg_ls_waldir on this server',
    fix: ['grant execute on function pg_catalog.pg_ls_waldir() to R'],
    isHint: true
  },
  {
    name: 'pg_stat_statements is in a schema that the role may not use',
    sql: ['grant pg_monitor to R', 'create schema "My ext"', 'alter extension pg_stat_statements set schema "My ext"'],
    missing: ['pg_stat_statements'],
    cause: 'lacks usage on schema "My ext"',
    fix: ['grant usage on schema "My ext" to R']
  },
  {
    name: 'EXECUTE on the function of pg_stat_statements was revoked',
    sql: ['grant pg_monitor to R', 'revoke execute on function pg_stat_statements(boolean) from public'],
    missing: ['pg_stat_statements'],
    cause: 'lacks execute on function public.pg_stat_statements(boolean)',
    fix: ['grant execute on function public.pg_stat_statements(boolean) to R']
  }
]

for (const major of [13, 16, 18] as const) {
  test(`PostgreSQL ${major}: log and doctor name the cause of a blind spot, and its fix removes it`, async (t) => {
    const team = await createTeam(major)
    const { server, platform } = team
    for (const [index, one] of cases.entries()) {
      if (major < (one.since ?? 13)) continue
      const database = `${platform}_${index}`
      const [role, group] = [`${database}_r`, `${database}_g`]
      const named = (sql: string) => sql.replaceAll(/\bR\b/g, role).replaceAll(/\bG\b/g, group)
      await server.sql('postgres', `create role ${role} login password 'secret'`, `create database ${database}`)
      const sql = major < 16 ? (one.sqlBefore16 ?? one.sql) : one.sql
      await server.sql(database, 'create extension pg_stat_statements', ...sql.map(named))
      const fix = (major < 16 ? (one.fixBefore16 ?? one.fix) : one.fix).map(named)
      const url = server.url(database, role)

      const facts = await factsAt(url)
      const missingIn = ({ capabilities }: Facts) => [...ofMonitor, 'pg_stat_statements'].filter((name) => !capabilities.has(name))
      t.same(missingIn(facts), one.missing, one.name)
      const advice = grantAdvice([makeCandidate(database, facts)])
      t.equal(advice.length, one.missing.length === 0 ? 0 : 1, `${one.name}: ${advice.join(' | ')}`)
      if (one.missing.length === 0) continue
      t.ok(advice[0]?.endsWith(fix.join('; ')) && advice[0].includes(one.cause), `${one.name}: ${advice[0]}`)

      const diagnosis = await runDoctor({ DATABASE_URL: url })
      const [report] = diagnosis.servers
      const texts = one.isHint ? (report?.hints ?? []).map(({ text }) => text) : errorsOf(diagnosis)
      t.ok(
        texts.some((text) => text.includes(one.cause)),
        `${one.name}: ${texts.join(' | ')}`
      )
      const script = report?.scripts.postgresql.split('\n').filter((line) => line !== '' && !line.startsWith('\\connect'))
      t.same(script, one.isHint ? [] : fix.map((statement) => `${statement};`), one.name)
      if (one.isHint) await server.sql(database, ...fix)
      else if (hasTool(t, 'psql', 'postgresql-client')) await runScript(server, diagnosis)
      else continue
      t.same(missingIn(await factsAt(url)), [], `${one.name}: nothing is missing after the fix`)
      const after = await runDoctor({ DATABASE_URL: url })
      t.same(errorsOf(after), [], `${one.name}: no errors after the fix`)
      t.notOk(after.servers[0]?.hints.some(({ text }) => text.includes(one.cause || 'cannot see')))
    }
  })
}

async function factsAt(url: string): Promise<Facts> {
  const session = await openSession(parseDatabaseUrl(url))
  try {
    return await readFacts(session)
  } finally {
    await session.close()
  }
}

test('each function of an extension is checked for the queries that call it', async (t) => {
  const team = await createTeam()
  const { server, platform, monitor } = team
  await server.sql(
    platform,
    'create extension pg_stat_statements',
    'revoke execute on function pg_stat_statements_info() from public',
    'create schema hidden',
    'create extension pg_buffercache schema hidden'
  )
  const { exporter, samples, logged } = makeExporter(
    { DATABASE_URL: team.url('platform') },
    { queries: ['stat_statements_entries', 'stat_statements_info', 'buffercache_summary'] }
  )
  t.teardown(() => exporter.stop())
  await exporter.pollOnce()
  const all = await samples()
  t.equal(sampleValue(all, 'pgvitals_capability', { capability: 'pg_stat_statements' }), 1)
  t.ok((sampleValue(all, 'pg_stat_statements_entries') ?? 0) > 0, 'the other functions are used')
  t.equal(
    sampleValue(all, 'pgvitals_query_success', { query: 'stat_statements_info' }),
    undefined,
    'the query is skipped and does not fail'
  )
  const plan = logged.map(({ msg }) => String(msg)).find((msg) => msg.includes('skipped'))
  t.match(plan, /stat_statements_info \(needs pg_stat_statements >= 1\.9, lacks execute on function public\.pg_stat_statements_info\(\)\)/)
  t.match(plan, /buffercache_summary \(needs pg_buffercache >= 1\.4, lacks usage on schema hidden\)/)
  const [report] = (await runDoctor({ DATABASE_URL: team.url('platform'), PGVITALS_DETAIL: 'full' })).servers
  t.match(
    report?.hints.map(({ text }) => text).join('\n'),
    new RegExp(`pg_buffercache cannot be used: ${monitor} lacks usage on schema hidden; run: grant usage on schema hidden to ${monitor}`)
  )
})

test('after the grant and create extension the capabilities become 1 without a restart of the exporter', async (t) => {
  const team = await createTeam()
  const { server, platform, monitor } = team
  await server.sql('postgres', `revoke pg_monitor from ${monitor}`)
  const { exporter, samples, logged } = makeExporter(
    { DATABASE_URL: team.url('platform'), PGVITALS_QUERIES: everySecond },
    { queries: ['stat_statements_entries', 'wal'] }
  )
  t.teardown(() => exporter.stop())
  await exporter.start()
  const capability = async (name: string) => {
    const all = await samples()
    return sampleValue(all, 'pgvitals_capability', { capability: name })
  }
  await until('the blind spots are exported', 10, async () => (await capability('pg_stat_statements')) !== undefined)
  t.equal(await capability('pg_monitor'), 0)
  t.equal(await capability('pg_stat_statements'), 0)
  const messages = logged.map(({ msg }) => String(msg))
  t.ok(messages.some((msg) => msg.endsWith(`run as a superuser: grant pg_monitor to ${monitor}`)))
  t.ok(messages.some((msg) => msg.includes(`run create extension pg_stat_statements in database ${platform}`)))
  await server.sql('postgres', `grant pg_monitor to ${monitor}`)
  await server.sql(platform, 'create extension pg_stat_statements')
  await until('the capabilities are exported', 30, async () => {
    return (await capability('pg_monitor')) === 1 && (await capability('pg_stat_statements')) === 1
  })
  await until('the queries run', 30, async () => {
    const all = await samples()
    return (sampleValue(all, 'pg_wal_segments') ?? 0) > 0 && (sampleValue(all, 'pg_stat_statements_entries') ?? 0) > 0
  })
})

test('a tracking setting that is off for the server, a database or a role is a blind spot, except for our own role', async (t) => {
  const team = await createTeam()
  const { server, platform, users, labeler, monitor } = team
  const settings = ['track_activities', 'track_counts', 'compute_query_id', 'pg_stat_statements.track']
  const off = (name: string) => (name === 'pg_stat_statements.track' ? 'none' : 'off')
  for (const name of settings) {
    await server.sql('postgres', `alter database ${platform} set ${name} = ${off(name)}`)
    await server.sql('postgres', `alter role ${monitor} in database ${labeler} set ${name} = ${off(name)}`)
  }
  const ofOwner = `alter role ${users}_owner in database ${users}`
  await server.sql('postgres', `${ofOwner} set track_counts = off`)
  const environment = { DATABASE_URL: team.url('platform') }
  const trackingOf = async (url: string) => [...(await factsAt(url)).tracking].map(([name, { isOn }]) => `${name} ${isOn}`)
  t.same(
    await trackingOf(team.url('platform')),
    settings.map((name) => `${name} false`)
  )
  t.same(
    await trackingOf(team.url('users')),
    settings.map((name) => `${name} true`)
  )
  t.same(
    await trackingOf(team.url('labeler')),
    settings.map((name) => `${name} undefined`),
    'the setting of our role hides the setting of the server'
  )

  const { exporter, samples, logged } = makeExporter(
    { ...environment, USER_DATABASE_URL: team.url('users'), LABELER_DATABASE_URL: team.url('labeler') },
    { queries: ['wal'] }
  )
  t.teardown(() => exporter.stop())
  await exporter.pollOnce()
  const all = await samples()
  for (const capability of settings) {
    t.equal(sampleValue(all, 'pgvitals_capability', { capability, datname: '' }), 0, capability)
    t.equal(
      logged.filter(({ msg }) => String(msg).endsWith(`run as a superuser: alter database ${platform} reset ${capability}`)).length,
      1,
      `${capability} is logged once`
    )
  }
  const text = `track_counts is off for role ${users}_owner in database ${users}, so that the activity of its sessions is not counted`
  const fix = `${ofOwner} reset track_counts`
  t.equal(logged.filter(({ msg }) => String(msg).endsWith(`: ${text}; run as a superuser: ${fix}`)).length, 1, 'so is that of a role')
  const [report] = (await runDoctor({ DATABASE_URL: team.url('users') })).servers
  t.same(
    report?.hints.filter((hint) => hint.text.startsWith('track_counts')),
    [{ databases: [users], text: `${text}; run: ${fix}`, effect: undefined }]
  )
  await server.sql(platform, 'create extension pg_stat_statements')
  const diagnosis = await runDoctor(environment)
  const script = diagnosis.servers[0]?.scripts.postgresql
  t.same(
    script?.split('\n'),
    settings.map((name) => `alter database ${platform} reset ${name};`)
  )
  if (!hasTool(t, 'psql', 'postgresql-client')) return
  await runScript(server, diagnosis)
  t.same(errorsOf(await runDoctor(environment)), [])
})
