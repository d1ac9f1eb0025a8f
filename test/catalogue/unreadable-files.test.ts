import { execFileSync } from 'node:child_process'
import { chmodSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { makeExporter } from '../exporter/run-exporter.ts'
import { allOf, sampleValue } from '../page/parse-page.ts'
import { startServer } from '../servers/start-server.ts'

const queries = [
  ...['database_size', 'disk', 'stat_user_tables_size', 'stat_user_indexes_size', 'sequence', 'index_invalid', 'index_unused'],
  'table_duplicate_indexes'
]

test('of an unreadable object only its own series are missing', async (t) => {
  const server = await startServer()
  t.teardown(() => server.remove())
  await server.sql(
    'postgres',
    "create role pgvitals login password 'secret' in role pg_monitor",
    ...['platform', 'users', 'labeler', 'broken', 'hidden'].map((name) => `create database ${name}`)
  )
  for (const database of ['platform', 'users']) {
    for (const name of ['good', 'bad']) {
      await server.sql(
        database,
        `create table ${name} as select g as id, g % 7 as d from generate_series(1, 10000) as g`,
        ...['a', 'b'].map((index) => `create index ${name}_${index} on ${name} (id)`),
        `create sequence ${name}_sequence as smallint`,
        `select setval('${name}_sequence', 30000)`,
        `grant select on ${name}_sequence to pgvitals`,
        `create index ${name}_invalid on ${name} (d)`,
        `update pg_index set indisvalid = false where indexrelid = '${name}_invalid'::regclass`
      )
    }
  }
  const fileOf = async (relation: string) =>
    join(server.dataDirectory, String((await server.sql('platform', `select pg_relation_filepath('${relation}') as path`))[0]?.path))
  const files = await Promise.all(['bad', 'bad_b', 'bad_sequence', 'bad_invalid'].map(fileOf))
  const folderOf = async (database: string) => {
    const [row] = await server.sql('postgres', `select oid from pg_database where datname = '${database}'`)
    return join(server.dataDirectory, 'base', String(row?.oid))
  }
  const [broken, hidden] = [await folderOf('broken'), await folderOf('hidden')]
  const { exporter, samples, logged } = makeExporter(
    { DATABASE_URL: server.url('platform', 'pgvitals'), USERS_DATABASE_URL: server.url('users', 'pgvitals') },
    { queries }
  )
  t.teardown(() => exporter.stop())
  const sizes = async (database: string) => {
    const { exporter, samples } = makeExporter({ DATABASE_URL: server.url(database, 'pgvitals') }, { queries: ['database_size', 'disk'] })
    await exporter.pollOnce()
    await exporter.stop()
    return await samples()
  }

  await t.test('a tablespace without a directory', async (t) => {
    const space = `${server.dataDirectory}-space`
    t.teardown(() => rmSync(space, { recursive: true, force: true }))
    await server.sql(
      'postgres',
      `copy (select) to program 'mkdir ${space}'`,
      `create tablespace spare location '${space}'`,
      'create database moved tablespace spare'
    )
    const complete = await sizes('users')
    t.ok((sampleValue(complete, 'pg_database_size_bytes', { datname: 'moved' }) ?? 0) > 6e6)
    t.equal(sampleValue(complete, 'pg_disk_missing_tablespaces'), 0)
    rmSync(space, { recursive: true })
    const all = await sizes('users')
    t.equal(sampleValue(all, 'pg_database_size_bytes', { datname: 'moved' }), undefined)
    t.ok((sampleValue(all, 'pg_database_size_bytes', { datname: 'labeler' }) ?? 0) > 6e6)
    t.equal(sampleValue(all, 'pg_disk_missing_tablespaces'), 1)
    const [used = 0, less = 0] = [complete, all].map((samples) => sampleValue(samples, 'pg_disk_used_bytes'))
    t.ok(less < used - 6e6 && less > 30e6, `${less} of ${used}`)
    await server.sql('postgres', 'drop database moved')
    await server.sql('postgres', 'drop tablespace spare')
  })

  const before = sampleValue(await sizes('users'), 'pg_disk_used_bytes') ?? Number.NaN

  // The files exist, but PostgreSQL cannot read them: a directory without search permission, one without any, and symbolic
  // links to themselves. The server is stopped because its buffers have the pages.
  await server.stop()
  chmodSync(broken, 0o400)
  chmodSync(hidden, 0)
  for (const file of files) {
    rmSync(file)
    symlinkSync(file, file)
  }
  t.teardown(() => execFileSync('chmod', ['700', broken, hidden]))
  await server.start()

  await exporter.pollOnce()
  const all = await samples()
  const success = (query: string, datname: string) => sampleValue(all, 'pgvitals_query_success', { query, datname })

  await t.test('sizes of databases and of the server', async (t) => {
    const names = allOf(all, 'pg_database_size_bytes').map(({ labels }) => labels.datname)
    t.same(names.sort(), ['labeler', 'postgres', 'template0', 'template1', 'users'])
    t.equal(success('database_size', ''), 0)
    t.equal(success('disk', ''), 0)
    t.equal(sampleValue(all, 'pg_disk_missing_tablespaces'), undefined, 'parts are not tablespaces')
    const used = sampleValue(all, 'pg_disk_used_bytes') ?? 0
    // Three databases of seven to nine megabytes each are missing.
    t.ok(used > before - 3 * 10e6 && used < before - 3 * 6e6, `${used} of ${before}`)
    t.ok(
      logged.some(
        ({ query, msg }) => query === 'database_size' && /2 parts are missing \(oid \d+, \d+\): could not stat file/.test(String(msg))
      ),
      'the log names them'
    )
  })

  await t.test('tables, indexes and sequences', async (t) => {
    const rowsOf = (metric: string, label: string, datname: string) =>
      allOf(all, metric, { datname })
        .map(({ labels }) => labels[label])
        .filter((name, index, names) => names.indexOf(name) === index)
        .sort()
    for (const [metric, label, shown, missing] of [
      ['pg_stat_user_tables_table_size_bytes', 'relname', ['good'], ['bad']],
      ['pg_stat_user_indexes_size_bytes', 'indexrelname', ['bad_a', 'good_a', 'good_b', 'good_invalid'], ['bad_b', 'bad_invalid']],
      ['pg_sequence_used_ratio', 'sequencename', ['good_sequence'], ['bad_sequence']],
      ['pg_index_invalid', 'indexrelname', ['good_invalid'], ['bad_invalid']],
      ['pg_index_unused_bytes', 'indexrelname', ['bad_a', 'good_a', 'good_b'], ['bad_b']],
      ['pg_table_duplicate_indexes', 'relname', ['good'], ['bad']]
    ] as const) {
      t.same(rowsOf(metric, label, 'platform'), shown, metric)
      t.same(rowsOf(metric, label, 'users'), [...shown, ...missing].sort(), `${metric} of another database`)
    }
    for (const query of queries.slice(2)) {
      t.equal(success(query, 'platform'), 0, query)
      t.equal(success(query, 'users'), 1, query)
    }
  })
})
