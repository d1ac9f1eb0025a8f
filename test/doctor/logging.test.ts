import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { makeExporter } from '../exporter/run-exporter.ts'
import { createTeam } from '../servers/create-team.ts'
import { runFolder } from '../servers/run-folder.ts'
import { runDoctor } from './run-doctor.ts'

test('the settings that doctor recommends exclude the polls from the log of the server', async (t) => {
  const team = await createTeam()
  const { monitor, server } = team
  const noisy = [
    "session_preload_libraries = 'auto_explain'",
    "log_statement = 'all'",
    'log_duration = on',
    'log_min_duration_statement = 0',
    'auto_explain.log_min_duration = 0'
  ]
  // The settings of a role have the same effect on its sessions as those of the server.
  await server.sql('postgres', "load 'auto_explain'", ...noisy.map((setting) => `alter role ${monitor} set ${setting}`))
  const marker = `logged_${process.pid}`
  const folder = t.testdir({
    [`${marker}.sql`]: `-- Q.\n--\n-- scope: server\n-- gauge ${marker}: Q.\nselect\n  -- a comment\n  1 as ${marker}`
  })
  const environment = { DATABASE_URL: team.url('platform') }
  const hints = async () => (await runDoctor(environment)).servers.flatMap((one) => one.hints.map(({ text }) => text))
  const logged = async () => {
    const file = join(runFolder(), 'postgresql-18', 'log')
    const before = statSync(file).size
    const { exporter } = makeExporter({ ...environment, PGVITALS_QUERIES_DIR: folder }, { queries: [marker] })
    await exporter.pollOnce()
    await exporter.stop()
    const lines = readFileSync(file).subarray(before).toString().split('\n')
    return lines.filter((line) => line.includes(marker)).join('\n')
  }
  const first = await logged()
  t.match(first, new RegExp(`execute <unnamed>: select 1 as ${marker}$`, 'm'), 'without the comment')
  t.match(first, /Query Text: select 1/)
  const hint = (await hints()).find((text) => text.includes('log_statement')) ?? ''
  t.match(hint, /log_statement is all, log_duration is on, log_min_duration_statement is 0, auto_explain\.log_min_duration is 0 in/)
  await server.sql('postgres', "load 'auto_explain'", ...(hint.split('recommended: ')[1] ?? '').split('; '))
  t.notMatch((await hints()).join('\n'), /log_statement|auto_explain/)
  t.equal(await logged(), '')
})
