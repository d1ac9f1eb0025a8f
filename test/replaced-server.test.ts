import { connect, createServer, type Socket } from 'node:net'
import { test } from 'tap'
import { makeExporter } from './exporter/run-exporter.ts'
import { allOf, sampleValue } from './page/parse-page.ts'
import { createTeam } from './servers/create-team.ts'
import { sharedServer } from './servers/shared-server.ts'

/** One address behind which the server can be replaced. Connections end when it is. */
async function startProxy(initial: number) {
  const sockets = new Set<Socket>()
  let target = initial
  const proxy = createServer((client) => {
    const server = connect(target, '127.0.0.1')
    for (const [from, to] of [
      [client, server],
      [server, client]
    ] as const) {
      sockets.add(from)
      from.on('error', () => to.destroy())
      from.pipe(to)
    }
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  const address = proxy.address()
  const endAll = () => {
    for (const socket of sockets) socket.destroy()
    sockets.clear()
  }
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    replace: (port: number) => {
      target = port
      endAll()
    },
    close: () => {
      endAll()
      proxy.close()
    }
  }
}

test('when another server responds at the address, no result of the previous one remains', async (t) => {
  const [old, next] = [await sharedServer(13), await sharedServer(18)]
  const names = ['replaced_app', 'replaced_other']
  for (const server of [old, next]) {
    await server.sql('postgres', "create role replaced_monitor login password 'secret' in role pg_monitor")
    await server.sql('postgres', `create role replaced_admin_${server.major} superuser`)
    for (const name of names) await server.sql('postgres', `create database ${name}`)
    await server.sql('replaced_other', `create table of_${server.major} (id int)`)
  }
  const proxy = await startProxy(old.port)
  t.teardown(proxy.close)
  const url = (name: string) => `postgresql://replaced_monitor:secret@127.0.0.1:${proxy.port}/${name}?sslmode=disable`
  const { exporter, samples, logged } = makeExporter(
    { DATABASE_URL: url('replaced_app'), OTHER_DATABASE_URL: url('replaced_other'), PGVITALS_KEEP_SESSIONS: 'on' },
    { queries: ['static', 'role', 'stat_user_tables'] }
  )
  t.teardown(() => exporter.stop())
  /** The results that name their server. */
  const found = async () => {
    const all = await samples()
    return {
      versions: allOf(all, 'pg_static').map(({ labels }) => labels.short_version),
      admins: allOf(all, 'pg_role_is_superuser').flatMap(({ labels: { rolname = '' } }) => (/^replaced/.test(rolname) ? [rolname] : [])),
      tables: allOf(all, 'pg_stat_user_tables_n_live_tup').map(({ labels }) => labels.relname),
      identities: sampleValue(all, 'pgvitals_server_identities')
    }
  }
  await exporter.pollOnce()
  const before = await found()
  t.match(before, { versions: [/^13\./], admins: ['replaced_admin_13'], tables: ['of_13'], identities: 1 })

  proxy.replace(next.port)
  // The first cycles lose their sessions, the next ones find the other server, and the last ones poll all databases.
  for (let cycle = 0; cycle < 3; cycle++) await exporter.pollOnce()
  const after = await found()
  t.match(after, { versions: [/^18\./], admins: ['replaced_admin_18'], tables: ['of_18'], identities: 1 })
  t.equal(logged.filter(({ msg }) => /another server responds \(PostgreSQL 18/.test(String(msg))).length, 1)
  t.ok(allOf(await samples(), 'pgvitals_query_success').every(({ value }) => value === 1))
})

test('a database that is dropped and created again, or renamed, keeps no result of the previous one', async (t) => {
  const { server, platform, environment } = await createTeam()
  const { DATABASE_URL } = environment('monitor')
  const { exporter, samples } = makeExporter({ DATABASE_URL }, { queries: ['table_without_primary_key'] })
  t.teardown(() => exporter.stop())
  const tables = async () => allOf(await samples(), 'pg_table_without_primary_key').map(({ labels }) => labels.relname)
  await server.sql(platform, 'create table of_first (id int)')
  await exporter.pollOnce()
  t.same(await tables(), ['of_first'])

  await server.sql(
    'postgres',
    `select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = '${platform}'`,
    `alter database ${platform} rename to ${platform}_old`
  )
  await server.sql('postgres', `create database ${platform}`)
  await server.sql(platform, 'create table of_second (id int)')
  await exporter.pollOnce()
  t.same(await tables(), ['of_second'], 'although it is polled every five minutes')
})
