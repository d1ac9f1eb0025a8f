import { readFileSync } from 'node:fs'
import { test } from 'tap'
import { hasTool } from '../servers/has-tool.ts'
import { startServer } from '../servers/start-server.ts'
import { errorsOf, runDoctor, runScript } from './run-doctor.ts'

test("the README's role setup is the fix that doctor prints for a server without the role, and it is sufficient", async (t) => {
  const server = await startServer()
  t.teardown(() => server.remove())
  for (const name of ['platform', 'users', 'labeler'])
    await server.sql('postgres', `create database ${name}`, `revoke connect on database ${name} from public`)
  const url = (name: string) => server.url(name, 'pgvitals')
  const environment = { DATABASE_URL: url('platform'), USER_DATABASE_URL: url('users'), LABELER_DATABASE_URL: url('labeler') }
  const diagnosis = await runDoctor(environment)
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
  const [, block] = /### Set up the role\n[\s\S]*?```sql\n([\s\S]*?)\n```/.exec(readme) ?? []
  t.equal(block, diagnosis.servers[0]?.scripts.postgresql)
  t.equal(block, diagnosis.servers[0]?.scripts.rds, 'it is the same on RDS')
  if (!hasTool(t, 'psql', 'postgresql-client')) return
  await runScript(server, diagnosis)
  t.same(errorsOf(await runDoctor(environment)), [])
})
