import { test } from 'tap'
import { parseDatabaseUrl } from '../src/config/database-url.ts'
import { makeExporter, until } from './exporter/run-exporter.ts'
import { type PageSample, sampleValue } from './page/parse-page.ts'
import { startServer } from './servers/start-server.ts'

const tuned =
  '{ stat_database: { interval: 1s }, database: { interval: 1s }, stat_user_tables: { interval: 1s }, stat_replication: { interval: 1s }, stat_replication_sync_state: { interval: 1s }, stat_statements: { interval: 1s, top: 10 }, replication_slots_wal_status: { interval: 1s } }'

const namesOf = (samples: readonly PageSample[], datname: string) => [
  ...new Set(samples.filter(({ labels }) => labels.datname === datname || labels.database === datname).map(({ name }) => name))
]

test('discovery follows created, dropped and renamed databases, and no family names an excluded one', async (t) => {
  const server = await startServer({ flags: ['wal_level=logical'] })
  t.teardown(() => server.remove())
  await server.sql(
    'postgres',
    "create role pgvitals login password 'secret' in role pg_monitor",
    'create database users',
    'create database rds_old',
    'create database closed',
    'revoke connect on database closed from public',
    'create database elsewhere',
    'create extension pg_stat_statements'
  )
  for (const name of ['users', 'rds_old']) await server.sql(name, 'create table item (id int)', 'select * from item')
  for (const name of ['postgres', 'rds_old']) {
    await server.sql(name, 'create publication p', `select pg_create_logical_replication_slot('of_${name}', 'pgoutput')`)
    const source = `host=127.0.0.1 port=${server.port} user=postgres password=secret dbname=${name}`
    const options = `create_slot = false, slot_name = 'of_${name}', copy_data = false`
    await server.sql('elsewhere', `create subscription from_${name} connection '${source}' publication p with (${options})`)
  }
  for (let statement = 1; statement <= 100; statement++) await server.sql('rds_old', `select ${'1,'.repeat(statement)}1`)
  const url = server.url('postgres', 'pgvitals')
  const { exporter, samples, logged } = makeExporter(
    { DATABASE_URL: url, LATE_DATABASE_URL: server.url('late', 'pgvitals'), PGVITALS_QUERIES: tuned },
    {
      discoverySeconds: 0.5,
      pollCostShare: 10,
      servers: (all) =>
        all.map((one) => ({
          ...one,
          discovery: {
            include: [/^(users|renamed|new|rds_old|closed)$/],
            exclude: [/^rds/],
            connection: parseDatabaseUrl(url)
          }
        }))
    }
  )
  t.teardown(() => exporter.stop())
  const exportsTables = async (datname: string) => namesOf(await samples(), datname).includes('pg_stat_user_tables_n_tup_ins')
  await exporter.start()
  await until('an existing database is discovered', 10, () => exportsTables('users'))
  const first = await samples()
  t.equal(sampleValue(first, 'pgvitals_discovery_success'), 1)
  t.equal(sampleValue(first, 'pg_database_info', { datname: 'users', team: '' }), 1)
  t.ok(namesOf(first, 'postgres').length > 0, 'a declared database stays although no pattern matches it')
  for (const datname of ['rds_old', 'elsewhere']) t.same(namesOf(first, datname), [], `no family names ${datname}`)
  const ofSlots = async () => (await samples()).filter(({ labels }) => labels.slot_name !== undefined)
  const families = [
    'pg_replication_slots_wal_status',
    'pg_stat_replication_slots_txns_total',
    'pg_stat_replication_sent_lag_bytes',
    'pg_stat_replication_sync_state'
  ]
  await until('families without a database label have samples for slots', 10, async () => {
    const names = (await ofSlots()).map(({ name }) => name)
    return families.every((name) => names.includes(name))
  })
  t.same(
    [...new Set((await ofSlots()).map(({ labels }) => labels.slot_name))],
    ['of_postgres'],
    'but none for the slots of an excluded database'
  )
  t.notMatch(JSON.stringify(await ofSlots()), /from_rds_old/, 'nor for the subscriber of one')
  t.notOk((await server.sql('postgres', "select from pg_stat_activity where usename = 'pgvitals' and datname = 'rds_old'")).length)
  t.same(
    namesOf(first, 'closed').filter((name) => /pg_database_up|pg_stat_user/.test(name)),
    [],
    'a database that refuses the role is not polled'
  )
  await until('it has server-wide samples', 10, async () => namesOf(await samples(), 'closed').includes('pg_stat_database_xact_commit'))

  t.equal(sampleValue(await samples(), 'pgvitals_database_state', { datname: 'late', reason: 'no_database' }), 1)
  await server.sql('postgres', 'create database late')
  await until('a declared database is polled as soon as it exists', 5, async () => {
    return sampleValue(await samples(), 'pg_database_up', { datname: 'late' }) === 1
  })

  await server.sql('postgres', 'create database new')
  await server.sql('new', 'create table item (id int)', 'insert into item values (1)')
  await until('a new database is discovered', 10, () => exportsTables('new'))
  await server.sql('postgres', 'drop database new with (force)')
  await until('no family names a dropped database', 10, async () => namesOf(await samples(), 'new').length === 0)
  await until('a database without a session can be renamed', 10, () =>
    server.sql('postgres', 'alter database users rename to renamed').then(
      () => true,
      () => false
    )
  )
  await until('the database has its new name and not the old one', 10, async () => {
    return (await exportsTables('renamed')) && namesOf(await samples(), 'users').length === 0
  })

  await server.sql('postgres', 'revoke select on pg_catalog.pg_database from public')
  await until('the failed discovery is exported', 10, async () => sampleValue(await samples(), 'pgvitals_discovery_success') === 0)
  t.ok(await exportsTables('renamed'), 'and the last list remains in use')
  t.match(logged.map(({ msg }) => msg).join('\n'), /database discovery failed, keeping the last list: permission denied/)
  t.same(namesOf(await samples(), 'rds_old'), [])

  await server.sql('postgres', 'grant select on pg_catalog.pg_database to public')
  exporter.update(
    exporter.servers().map(({ server: watched }) => ({
      ...watched,
      discovery: watched.discovery && { ...watched.discovery, exclude: [] }
    }))
  )
  const arrivals = async () => sampleValue(await samples(), 'pg_stat_statements_new_total', { datname: 'rds_old' })
  await until('a database that is no longer excluded has samples', 20, async () => (await arrivals()) !== undefined)
  const polledAt = () => exporter.snapshots().find(({ query }) => query === 'stat_statements')?.succeededAt
  for (const poll of ['next', 'second']) {
    const last = polledAt()
    await until(`the ${poll} poll of the statements`, 10, () => polledAt() !== last)
  }
  // Statements that pgvitals runs there from now on are new.
  t.ok(((await arrivals()) ?? 0) < 80, 'earlier statements do not count as new')

  const names = () => exporter.servers().flatMap(({ states }) => states.map(({ name }) => name))
  t.ok(names().includes('renamed'))
  const elsewhere = parseDatabaseUrl('postgresql://pgvitals:secret@127.0.0.1:1/postgres')
  exporter.update(
    exporter.servers().map(
      ({
        server: {
          databases: [main],
          ...watched
        }
      }) => ({
        ...watched,
        databases: main === undefined ? [] : [{ ...main, connection: elsewhere }],
        discovery: watched.discovery && { ...watched.discovery, connection: elsewhere }
      })
    )
  )
  t.same(names(), ['postgres'], 'databases of another server are not those of the first')
})
