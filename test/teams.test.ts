import { test } from 'tap'
import { readConfig } from '../src/config/config.ts'
import { createApp } from '../src/http/app.ts'
import { everySecond, makeExporter, until } from './exporter/run-exporter.ts'
import { makeServed } from './http/make-served.ts'
import { ageOf, allOf, type PageSample, parsePage, sampleValue } from './page/parse-page.ts'
import { createTeam } from './servers/create-team.ts'
import { startServer } from './servers/start-server.ts'
import { createTeamDatabases, teamEnvironment } from './servers/team-databases.ts'

const ownerOf = (name: string) => (name === 'labeler' || name === 'missing' ? 'labeler' : 'platform')

test('a team sees its own databases and what belongs to all teams', async (t) => {
  const server = await startServer()
  t.teardown(() => server.remove())
  await createTeamDatabases(server)
  // The tables have the same name, so PostgreSQL 18 gives both statements one queryid.
  await server.sql('platform', 'create table account (ssn int)', 'select ssn from account')
  await server.sql('labeler', 'create table account (note int)', 'select note from account')
  const environment = { ...teamEnvironment(server, 'pgvitals'), MISSING_DATABASE_URL: server.url('missing', 'pgvitals') }
  const { exporter, samples } = makeExporter(environment, {
    servers: (all) =>
      all.map((one) => ({
        ...one,
        maxSessions: 8,
        databases: one.databases.map((database) => ({ ...database, team: ownerOf(database.name) }))
      }))
  })
  t.teardown(() => exporter.stop())
  await exporter.pollOnce()
  const pageOf = async (team: string) => parsePage(String((await exporter.metrics({ team }))?.text))
  const datnamesOf = (page: readonly PageSample[]) =>
    [...new Set(page.flatMap(({ labels }) => labels.datname || labels.database || []))].sort()
  const whole = await samples()
  const labeler = await pageOf('labeler')
  t.same(datnamesOf(labeler), ['labeler', 'missing'])
  t.same(datnamesOf(await pageOf('platform')), ['platform', 'users'])
  t.same(datnamesOf(whole), ['labeler', 'missing', 'platform', 'postgres', 'template0', 'template1', 'users'])

  const seriesOf = (page: readonly PageSample[]) => page.map(({ name, labels }) => name + JSON.stringify(labels)).sort()
  const expected = whole.filter(
    ({ name, labels }) => ['labeler', 'missing', undefined, ''].includes(labels.datname) && !/^process_|^nodejs_|query_id$/.test(name)
  )
  const withoutTexts = labeler.filter(({ name }) => !name.endsWith('query_id'))
  t.same(seriesOf(withoutTexts), seriesOf(expected), 'no other series is missing')
  const textsOf = (page: readonly PageSample[]) => allOf(page, 'pg_stat_statements_query_id').map(({ labels }) => labels.query ?? '')
  const isOfPlatform = (text: string) => text.startsWith('create extension pg_stat_statements')
  t.ok(textsOf(whole).some(isOfPlatform) && textsOf(await pageOf('platform')).some(isOfPlatform))
  t.notOk(textsOf(labeler).some(isOfPlatform), 'the text of a statement is visible where it ran')
  const platform = await pageOf('platform')
  t.same(textsOf(whole).filter((text) => text.endsWith(' from account')).length, 1, 'two statements with one queryid have one text')
  t.notOk(textsOf(labeler).includes('select ssn from account'), 'the text is not visible where only the other statement ran')
  t.notOk(textsOf(platform).includes('select note from account'))
  const ids = allOf(whole, 'pg_stat_statements_query_id').map(({ labels }) => labels.queryid)
  t.equal(new Set(ids).size, ids.length, 'one text for each queryid')
  t.ok(
    textsOf(labeler).some((text) => text.startsWith('create table item')),
    'all texts of statements that ran there are visible'
  )
  t.equal(sampleValue(labeler, 'pg_up'), 1)
  t.equal(sampleValue(labeler, 'pgvitals_config_reload_success'), 1, 'and series without a server')
  t.equal(sampleValue(labeler, 'pg_scrape_collector_success', { collector: 'stat_database' }), 1)
  t.ok(allOf(labeler, 'pgvitals_polls_total').length === 1, 'counters of the exporter follow the same rule')

  t.equal(sampleValue(labeler, 'pg_database_up', { datname: 'missing' }), 0)
  t.equal(sampleValue(labeler, 'pg_database_info', { datname: 'missing', team: 'labeler' }), 1, 'rules can join the database')
  t.match(allOf(labeler, 'pgvitals_database_state'), [
    { labels: { datname: 'labeler', reason: 'up' }, value: 1 },
    { labels: { datname: 'missing', reason: 'no_database' }, value: 1 }
  ])
  t.equal(await exporter.metrics({ team: 'nobody' }), undefined)

  const logins = { everything: ['for-all'], teams: new Map([['labeler', { tokens: ['for-labeler'] }]]) }
  const app = createApp(makeServed({ ...exporter, logins: () => logins }))
  const read = async (url: string, token: string) => (await app.inject({ url, headers: { authorization: `Bearer ${token}` } })).body
  const foreign = /["> ](platform|users)["<)]/
  for (const url of ['/', '/api/status']) {
    t.notMatch(await read(url, 'for-labeler'), foreign, url)
    t.match(await read(url, 'for-labeler'), 'missing', 'the failure of its own database is shown')
    t.match(await read(url, 'for-all'), foreign)
  }
  t.same(datnamesOf(parsePage(await read('/metrics', 'for-labeler'))), ['labeler', 'missing'], 'its login selects its page')
})

test('a wrong credential leaves the snapshot ages of other databases unchanged', async (t) => {
  const team = await createTeam()
  const environment = { ...team.environment('owners'), PGVITALS_QUERIES: everySecond }
  const { exporter, samples } = makeExporter(environment, { queries: ['stat_database', 'stat_user_tables'] })
  t.teardown(() => exporter.stop())
  await exporter.start()
  await until('every query was polled', 10, () => exporter.isReady())
  exporter.update(
    readConfig({ PGVITALS_DETAIL: 'full', ...environment, LABELER_DATABASE_URL: team.url('labeler', `${team.labeler}_owner`, 'wrong') })
      .servers
  )
  await until('the credential is refused', 10, async () => {
    return sampleValue(await samples(), 'pgvitals_database_state', { datname: team.labeler, reason: 'auth' }) === 1
  })
  const interval = 1
  let oldest = 0
  const polls = async () => sampleValue(await samples(), 'pgvitals_polls_total', { datname: team.users }) ?? 0
  const before = await polls()
  await until('the others were polled eight times more', 20, async () => {
    const times = allOf(await samples(), 'pgvitals_snapshot_timestamp_seconds').filter(({ labels }) => labels.datname !== team.labeler)
    oldest = Math.max(oldest, ...times.map(ageOf))
    return (await polls()) >= before + 8
  })
  // A snapshot that waited for the refused database would be as old as this loop; load alone costs up to three seconds.
  t.ok(oldest < 5 * interval, `the oldest snapshot of the other databases was ${oldest} s old`)
  t.equal(
    sampleValue(await samples(), 'pgvitals_errors_total', { datname: team.labeler, class: 'auth' }),
    1,
    'the refused database is not tried every second'
  )
})
