import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'tap'
import { allOf } from '../page/parse-page.ts'
import { hasTool } from '../servers/has-tool.ts'
import { majors, startServer } from '../servers/start-server.ts'
import { createTeamDatabases } from '../servers/team-databases.ts'
import { createPoller } from './create-poller.ts'

const { pollServer, pollUntil } = createPoller('connections', 'stat_progress_basebackup')

test('the progress of a base backup is exported while it runs', async (t) => {
  if (!hasTool(t, 'pg_basebackup', 'postgresql-client')) return
  const version = Number(/\d+/.exec(execFileSync('pg_basebackup', ['--version'], { encoding: 'utf8' }))?.[0])
  // pg_basebackup supports servers of its own and older versions.
  const server = await startServer({ major: majors.findLast((major) => major <= version) ?? 13 })
  t.teardown(() => server.remove())
  await createTeamDatabases(server)
  t.same(allOf((await pollServer(server)).samples, 'pg_stat_progress_basebackup_backups'), [], 'absent without a backup')
  // A tablespace is streamed before the data directory.
  const space = `${server.dataDirectory}-space`
  t.teardown(() => rmSync(space, { recursive: true, force: true }))
  await server.sql('postgres', `copy (select) to program 'mkdir ${space}'`, `create tablespace spare location '${space}'`)
  const folder = mkdtempSync(join(tmpdir(), 'pgvitals-basebackup-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const backup = spawn(
    'pg_basebackup',
    [
      '-D',
      join(folder, 'data'),
      '-d',
      server.url('postgres'),
      '--format=tar',
      '-X',
      'none',
      '--checkpoint=fast',
      '--max-rate=1M',
      '--progress',
      '--no-sync'
    ],
    { stdio: 'ignore' }
  )
  const ended = new Promise((resolve) => backup.once('close', resolve))
  const streaming = { phase: 'streaming database files' }
  const result = await pollUntil(server, ({ value }) => (value('pg_stat_progress_basebackup_streamed_bytes', streaming) ?? 0) > 1024 * 1024)
  t.equal(result.value('pg_stat_progress_basebackup_backups', streaming), 1)
  const size = result.value('pg_stat_progress_basebackup_size_bytes', streaming) ?? 0
  const streamed = result.value('pg_stat_progress_basebackup_streamed_bytes', streaming) ?? 0
  t.ok(streamed > 1024 * 1024 && streamed < size && size < 1024 * 1024 * 1024, `${streamed} of ${size} bytes`)
  t.equal(result.value('pg_stat_progress_basebackup_tablespaces', streaming), 2)
  t.equal(result.value('pg_stat_progress_basebackup_tablespaces_streamed', streaming), 1)
  t.equal(result.value('pg_connections_walsenders_in_use'), 1)
  backup.kill()
  await ended
  const after = await pollUntil(server, ({ samples }) => allOf(samples, 'pg_stat_progress_basebackup_backups').length === 0)
  t.same(allOf(after.samples, 'pg_stat_progress_basebackup_backups'), [])
})
