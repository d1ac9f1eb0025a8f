import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { makeExporter } from '../exporter/run-exporter.ts'
import { startServer } from '../servers/start-server.ts'
import { createTeamDatabases } from '../servers/team-databases.ts'
import { runDoctor } from './run-doctor.ts'

test('doctor names the settings that keep the polls out of the log of the server, and they do', async (t) => {
  const flags = ['log_statement=all', 'log_duration=on', 'log_min_duration_statement=0', 'logging_collector=on', 'log_directory=log']
  const more = ['log_filename=server.log', 'session_preload_libraries=auto_explain', 'auto_explain.log_min_duration=0']
  const server = await startServer({ flags: [...flags, ...more] })
  t.teardown(() => server.remove())
  await createTeamDatabases(server)
  const environment = { DATABASE_URL: server.url('platform', 'pgvitals') }
  const hints = async () => (await runDoctor(environment)).servers.flatMap((one) => one.hints.map(({ text }) => text))
  const logged = async () => {
    const file = join(server.dataDirectory, 'log', 'server.log')
    const before = statSync(file).size
    const { exporter } = makeExporter(environment, { queries: ['stat_user_tables', 'locks'] })
    await exporter.pollOnce()
    await exporter.stop()
    return readFileSync(file).subarray(before).toString()
  }
  t.match(await logged(), /pg_stat_user_tables/)
  t.notMatch(await logged(), /-- /, 'comments are not sent')
  const hint = (await hints()).find((text) => text.includes('log_statement')) ?? ''
  t.match(hint, /log_statement is all, log_duration is on, log_min_duration_statement is 0, auto_explain\.log_min_duration is 0 in/)
  await server.sql('postgres', ...(hint.split('recommended: ')[1] ?? '').split('; '))
  t.notMatch((await hints()).join('\n'), /log_statement|auto_explain/)
  t.notMatch(await logged(), /pg_stat_user_tables/)
})
