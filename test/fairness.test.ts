import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { test } from 'tap'
import { makeExporter } from './exporter/run-exporter.ts'
import { allOf, type PageSample, sampleValue } from './page/parse-page.ts'
import { startServer } from './servers/start-server.ts'
import { createTeamDatabases, teamEnvironment } from './servers/team-databases.ts'

/** Queries of a user with texts of a table, and with one row for each client. */
const userQueries = {
  notes: '-- Notes.\n--\n-- scope: database\n-- label note\n-- gauge value: V.\nselect note, 1 as value from public.note',
  clients: `-- Clients.
--
-- scope: server
-- rows: 5
-- label datname
-- label application_name
-- gauge value: V.
select datname, application_name, pg_catalog.count(*) as value
from pg_catalog.pg_stat_activity
where backend_type = 'client backend' and application_name <> 'pgvitals'
group by 1, 2
order by value desc, 1`
}

/** Families whose values do not change while a database is idle. */
const constant =
  /^pg_(notes|clients|locks|roles|sequence|(table|index)(?!.*_(age|bytes_total|seconds))|stat_user_tables_(n_|table_size|index_size)|stat_activity_(count|connections|blocked)|stat_statements_(calls|seconds|rows|new)|database_(up|info|size|connection))|^pgvitals_(query_success|query_rows|database_state|capability|samples_dropped|errors)/

/** A hostile team does not change a series of another team. */
test('fairness', async (t) => {
  const server = await startServer({
    flags: ['autovacuum=off', 'max_connections=120', 'max_locks_per_transaction=512', 'pg_stat_statements.track_utility=off']
  })
  const clients: pg.Client[] = []
  const folder = mkdtempSync(join(tmpdir(), 'pgvitals-queries-'))
  t.teardown(async () => {
    await Promise.all(clients.map((client) => client.end().catch(() => {})))
    await server.remove()
    rmSync(folder, { recursive: true })
  })
  await createTeamDatabases(server)
  const connect = async (database: string, applicationName: string, user = `${database}_owner`) => {
    const client = new pg.Client({ connectionString: server.url(database, user), application_name: applicationName })
    client.on('error', () => {})
    clients.push(client)
    await client.connect()
    return client
  }
  const hostile = (...statements: string[]) => server.sql('labeler', ...statements)
  for (const [name, sql] of Object.entries(userQueries)) writeFileSync(join(folder, `${name}.sql`), `${sql};\n`)
  for (const name of ['platform', 'users', 'labeler']) {
    await server.sql(name, 'create table note (note text)', 'grant select on note to public', `insert into note values ('of ${name}')`)
  }
  await server.sql('users', 'create sequence counter', 'create index on item (note)', 'grant select on sequence counter to pgvitals')
  const victim = await connect('users', 'shop')
  await server.sql('platform', 'select pg_stat_statements_reset()')
  for (const sql of ['select 1', 'select count(*) from item', 'select max(id) from item', 'select pg_stat_force_next_flush()'])
    await victim.query(sql)

  const tuning = '{ stat_activity_connections: { rows: 10 }, stat_statements: { top: 30 } }'
  const environment = { ...teamEnvironment(server, 'pgvitals'), PGVITALS_QUERIES_DIR: folder, PGVITALS_QUERIES: tuning }
  /** The page of a new exporter, which polls one database at a time: its own sessions are then the same in every run. */
  const poll = async () => {
    const { exporter, page, samples, logged } = makeExporter(environment, {
      servers: (all) => all.map((one) => ({ ...one, maxSessions: 1, maxSamplesPerDatabase: 4000 }))
    })
    await exporter.pollOnce()
    const result = { all: await samples(), text: await page(), logged, status: JSON.stringify(exporter.status()) }
    await exporter.stop()
    return result
  }
  // The first exporter adds its own statements and sessions to the statistics of the server.
  await poll()
  const quiet = ofVictim((await poll()).all)
  t.ok(quiet.length > 400, `${quiet.length} series`)
  t.same(differences(quiet, ofVictim((await poll()).all)), [], 'two quiet runs are identical')

  const dropped = (all: readonly PageSample[], labels: Record<string, string>) =>
    allOf(all, 'pgvitals_samples_dropped_total', labels).reduce((sum, { value }) => sum + value, 0)

  /** Each way remains in effect during the next ones. */
  const ways: Readonly<Record<string, readonly [() => Promise<unknown>, (all: readonly PageSample[], text: string) => boolean]>> = {
    'many application names and sessions': [
      () =>
        Promise.all(
          Array.from({ length: 40 }, (_, index) => connect('labeler', `a${String.fromCharCode(97 + (index % 26)).repeat(1 + index / 26)}`))
        ),
      (all) =>
        sampleValue(all, 'pg_stat_activity_count', { datname: 'labeler', application_name: 'other', state: 'idle' }) === 20 &&
        dropped(all, { query: 'clients', reason: 'rows' }) === 35
    ],
    'many users': [
      async () => {
        const users = Array.from({ length: 20 }, (_, index) => `hostile_${index}`)
        await hostile(...users.map((user) => `create role ${user} login password 'secret'`), 'grant connect on database labeler to public')
        for (const user of users) await (await connect('labeler', 'b', user)).query('begin')
      },
      (all) => dropped(all, { query: 'stat_activity_connections', reason: 'rows' }) > 0
    ],
    'many statements with long texts': [
      () =>
        hostile(
          `do $$ begin for i in 1..400 loop execute 'select /* ' || repeat('x', 2000) || ' */ 1' || repeat(' + 1', i); end loop; end $$`
        ),
      (all) => allOf(all, 'pg_stat_statements_calls_total', { datname: 'labeler' }).length < 30
    ],
    'many tables with hostile names': [
      () =>
        hostile(
          `do $$ begin for i in 1..150 loop execute format('create table %I (id int primary key)', i || E'"\\\\\\n{}' || repeat('é', 20)); end loop; end $$`
        ),
      (all) => dropped(all, { datname: 'labeler' }) > 1000
    ],
    'names that differ in control characters': [
      () => hostile(...['\t', ' ', '\r', '\u0001', '\u0085', '\u2028'].map((one) => `create table "a${one}b" (id int)`)),
      (all) => dropped(all, { reason: 'duplicate' }) === 0
    ],
    'many sequences and indexes': [
      () =>
        hostile(
          "do $$ begin for i in 1..100 loop execute format('create sequence s%s', i); execute format('create index on item ((id + %s))', i); end loop; end $$"
        ),
      (all) => dropped(all, { datname: 'labeler', query: 'stat_user_indexes' }) > 0
    ],
    'long texts in a query of a user': [
      () => hostile("insert into note select repeat('x', 100000) || i from generate_series(1, 100) as i"),
      (all, text) =>
        Number(sampleValue(all, 'pgvitals_text_bytes_cut_total', { query: 'notes', datname: 'labeler' })) > 9_000_000 &&
        text.length < 2_000_000
    ],
    'many locks': [
      async () => {
        const locker = await connect('labeler', 'locker', 'postgres')
        await locker.query('begin')
        await locker.query(
          "do $$ declare r record; begin for r in select oid::regclass as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace and relname <> 'note' loop execute format('lock table %s in access exclusive mode', r.name); end loop; end $$"
        )
        for (let index = 0; index < 10; index++) void (await connect('labeler', 'waiter')).query('select * from item').catch(() => {})
      },
      (all) => (sampleValue(all, 'pg_locks_count', { datname: 'labeler', mode: 'accessexclusivelock' }) ?? 0) > 150
    ],
    'many temporary files': [
      async () => {
        const sorter = await connect('labeler', 'sorter')
        await sorter.query('begin')
        await sorter.query("set work_mem = '64kB'")
        for (let index = 0; index < 30; index++)
          await sorter.query(
            `declare c${index} cursor for select g from generate_series(1, 30000) as g order by g desc; fetch 1 from c${index}`
          )
      },
      (all) => (sampleValue(all, 'pg_temporary_files', { tablespace: 'pg_default' }) ?? 0) >= 30
    ],
    'error messages of 10 MB': [
      async () => {
        await hostile(
          "create function refuse() returns event_trigger language plpgsql as $$ begin if session_user = 'pgvitals' then raise '%', repeat('x', 10000000); end if; end $$",
          'create event trigger refuse on login execute function refuse()',
          'alter event trigger refuse enable always'
        )
      },
      (all) => sampleValue(all, 'pg_database_up', { datname: 'labeler' }) === 0
    ]
  }
  for (const [way, [act, isEffective]] of Object.entries(ways)) {
    await t.test(way, async (t) => {
      await act()
      const { all, text, logged, status } = await poll()
      t.ok(isEffective(all, text), 'it has an effect on its own series')
      t.same(differences(quiet, ofVictim(all)), [], 'the series of the other team are identical')
      t.ok(
        logged.every((line) => JSON.stringify(line).length < 5000),
        'no line of the log is long'
      )
      t.ok(status.length < 500_000, `the status has ${status.length} characters`)
      t.ok(text.length < 4_000_000, `the page has ${text.length} characters`)
    })
  }
})

/** The series of the victim, with their values where these do not change while its database is idle. */
function ofVictim(all: readonly PageSample[]): readonly string[] {
  const isOfVictim = ({ labels }: PageSample) => Object.values(labels).some((value) => value === 'users' || value === 'users_owner')
  return all
    .filter(isOfVictim)
    .map(({ name, labels, value }) => `${name} ${JSON.stringify(labels)}${constant.test(name) ? ` ${value}` : ''}`)
    .sort()
}

function differences(before: readonly string[], after: readonly string[]): readonly string[] {
  const [one, other] = [new Set(before), new Set(after)]
  return [
    ...before.filter((line) => !other.has(line)).map((line) => `- ${line}`),
    ...after.filter((line) => !one.has(line)).map((line) => `+ ${line}`)
  ]
}
