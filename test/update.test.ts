import { test } from 'tap'
import { readConfig } from './config/read-config.ts'
import { everySecond, makeExporter, until } from './exporter/run-exporter.ts'
import { allOf, type PageSample, sampleValue } from './page/parse-page.ts'
import { createTeam } from './servers/create-team.ts'
import { sharedServer } from './servers/shared-server.ts'
import { freePort } from './servers/start-server.ts'

const namesOf = (samples: readonly PageSample[], datname: string) => [
  ...new Set(allOf(samples, 'pgvitals_query_success', { datname }).map(({ labels }) => labels.query))
]

test('databases and servers come and go while pgvitals runs', async (t) => {
  const team = await createTeam()
  const { server } = team
  const PGVITALS_QUERIES = everySecond
  // The test reads the sessions on the server: without it, that of a database lasts some milliseconds.
  const PGVITALS_KEEP_SESSIONS = 'on'
  const { LABELER_DATABASE_URL = '', ...two } = { ...team.environment('monitor'), PGVITALS_KEEP_SESSIONS }
  const all = { ...two, LABELER_DATABASE_URL, PGVITALS_QUERIES }
  const serversOf = (environment: Record<string, string>) => readConfig({ PGVITALS_DETAIL: 'full', ...environment }).servers
  const { exporter, samples } = makeExporter({ ...two, PGVITALS_QUERIES }, { queries: ['connections', 'stat_user_tables'] })
  t.teardown(() => exporter.stop())
  await exporter.start()
  const sessionsOf = (datname: string) =>
    server.sql('postgres', `select pid from pg_stat_activity where datname = '${datname}' and usename = '${team.monitor}'`)
  await until('the first polls are done', 10, () => exporter.isReady())
  t.same(namesOf(await samples(), team.labeler), [])
  const before = await sessionsOf(team.platform)

  exporter.update(serversOf(all))
  await until('the new database exports its tables', 10, async () =>
    (await samples()).some(({ name, labels }) => name === 'pg_stat_user_tables_n_tup_ins' && labels.datname === team.labeler)
  )
  t.same(await sessionsOf(team.platform), before, 'the session of an unchanged database is not disturbed')

  const [main] = serversOf(all)
  if (main === undefined) throw new Error('no server')
  const withTeam = { ...main, databases: main.databases.map((database) => ({ ...database, team: 'platform' })) }
  exporter.update([withTeam])
  t.equal(
    sampleValue(await samples(), 'pg_database_info', { datname: team.labeler, team: 'platform' }),
    1,
    'the new team is exported at once'
  )
  t.same(await sessionsOf(team.platform), before)

  const other = { ...all, LABELER_DATABASE_URL: team.url('labeler', `${team.labeler}_owner`) }
  exporter.update(serversOf(other))
  await until('the other credential is used', 10, async () => {
    const [row] = await server.sql(
      'postgres',
      `select count(*)::int as n from pg_stat_activity where usename = '${team.labeler}_owner' and datname = '${team.labeler}'`
    )
    return row?.n === 1 && (await sessionsOf(team.labeler)).length === 0
  })
  t.equal(sampleValue(await samples(), 'pg_database_up', { datname: team.labeler }), 1)

  exporter.update(serversOf({ ...two, OTHER_DATABASE_URL: `postgresql://u:p@127.0.0.1:${await freePort()}/x` }))
  await until('the labeler has left, a server that is down has come', 10, async () => {
    const now = await samples()
    return (
      allOf(now, 'pg_up').length === 2 &&
      namesOf(now, team.labeler).length === 0 &&
      !now.some(({ name, labels }) => labels.datname === team.labeler && /^pgvitals_|^pg_stat_user_tables/.test(name))
    )
  })
  const [left] = await server.sql('postgres', `select count(*)::int as n from pg_stat_activity where usename = '${team.labeler}_owner'`)
  t.equal(left?.n, 0, 'its session has ended')

  exporter.update(serversOf(two))
  await until('the second server has left', 10, async () => allOf(await samples(), 'pg_up').length === 1)
  t.notOk((await samples()).some(({ labels }) => labels.datname === 'x'))
  t.same(await sessionsOf(team.platform), before, 'all the time the same session')
})

test('a refused credential is tried once at the start and again when it may have changed', async (t) => {
  const server = await sharedServer()
  const late = `late_${process.pid}`
  const { exporter, samples } = makeExporter({ DATABASE_URL: server.url('postgres', late) }, { queries: ['stat_user_tables'] })
  t.teardown(() => exporter.stop())
  await exporter.start()
  await until('it was refused', 5, () => exporter.isReady())
  t.equal(sampleValue(await samples(), 'pgvitals_errors_total', { class: 'auth' }), 1)
  await server.sql('postgres', `create role ${late} login password 'secret'`)
  exporter.retryCredentials()
  await until('it is tried at once', 5, async () => sampleValue(await samples(), 'pg_database_up') === 1)
})
