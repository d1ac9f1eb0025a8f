import { test } from 'tap'
import { parseDatabaseUrl } from '../src/config/database-url.ts'
import { makeExporter } from './exporter/run-exporter.ts'
import { allOf, sampleValue } from './page/parse-page.ts'
import { sharedServer } from './servers/shared-server.ts'

const local = { latin1: 'Ärger', euc_jp: '日本', win1252: '€uro', sql_ascii: 'größer' } as const

test('names do not depend on the encoding of the polled database', async (t) => {
  const server = await sharedServer()
  const own = `e${process.pid}`
  const [other, invalid, role] = [`größe_${own}`, `übel_${own}`, `müller_${own}`]
  const [reader, asciiReader] = [`leser_ß_${own}`, `reader_${own}`]
  await server.sql(
    'postgres',
    `create role "${role}" login password 'secret' in role pg_monitor`,
    `create role "${reader}"`,
    `create role ${asciiReader}`,
    `create database "${other}"`,
    `create database "\ud83d\ude00_${own}"`
  )
  for (const [encoding, table] of Object.entries(local)) {
    const name = `${own}_${encoding}`
    await server.sql('postgres', `create database ${name} encoding '${encoding}' locale 'C' template template0`)
    await server.sql(name, `create table "${table}" (id int)`, `grant select on "${table}" to public`)
  }
  // A session of a LATIN1 database creates names that are not valid UTF-8.
  await server.sql(`${own}_latin1`, `create database "${invalid}"`, `create database "${invalid.replace('ü', 'ö')}"`)

  for (const [encoding, table] of Object.entries(local)) {
    t.test(encoding, async (t) => {
      const main = `${own}_${encoding}`
      // The declared roles are part of the SQL, which has to be valid in the encoding of the database.
      const declared = encoding === 'euc_jp' ? asciiReader : reader
      const url = server.url(main, encodeURIComponent(role))
      const { exporter, samples, logged } = makeExporter(
        { DATABASE_URL: url },
        {
          queries: ['database', 'database_size', 'stat_activity', 'stat_user_tables', 'access', 'roles'],
          servers: (all) =>
            all.map((one) => ({
              ...one,
              databases: one.databases.map((database) => ({ ...database, access: new Map([[declared, 'none' as const]]) })),
              discovery: { include: [new RegExp(`_${own}$`)], exclude: [], connection: parseDatabaseUrl(url) }
            }))
        }
      )
      t.teardown(() => exporter.stop())
      // The second cycle connects to the discovered databases.
      await exporter.pollOnce()
      await exporter.pollOnce()
      const all = await samples()
      t.same(
        logged.filter(({ level, msg }) => Number(level) >= 40 && !/statements are not exported/.test(String(msg))),
        []
      )
      const up = allOf(all, 'pg_database_up').map(({ labels, value }) => [labels.datname, value])
      t.same(
        up.sort(),
        [
          [main, 1],
          [other, 1],
          [`\ud83d\ude00_${own}`, 1]
        ].sort(),
        'only names in UTF-8 can be sent to PostgreSQL'
      )
      const sizes = allOf(all, 'pg_database_size_bytes').map(({ labels }) => labels.datname)
      for (const name of [other, `\ufffdfcbel_${own}`, `\ufffdf6bel_${own}`]) t.ok(sizes.includes(name), `${name}: ${sizes}`)
      t.ok(allOf(all, 'pg_stat_activity_count', { datname: main, usename: role }).length > 0)
      t.equal(sampleValue(all, 'pg_stat_user_tables_n_live_tup', { datname: main, relname: table }), 0)
      t.equal(sampleValue(all, 'pg_access_excess', { datname: main, rolname: declared, privilege: 'connect' }), 1)
      for (const { labels } of allOf(all, 'pgvitals_query_success')) {
        t.equal(sampleValue(all, 'pgvitals_query_success', labels), 1, JSON.stringify(labels))
      }
    })
  }
})
