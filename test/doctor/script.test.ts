import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'tap'
import type { Step } from '../../src/doctor/finding.ts'
import { connectSteps } from '../../src/doctor/monitoring-role.ts'
import { writeScript } from '../../src/doctor/script.ts'
import { hasTool } from '../servers/has-tool.ts'
import { startServer } from '../servers/start-server.ts'

const scriptOf = (steps: readonly Step[]) =>
  writeScript([{ severity: 'error', databases: [], text: '', effect: undefined, fix: steps }], 'postgresql')

/** Database names, and the psql command that connects to each. */
const names: readonly (readonly [name: string, command: string])[] = [
  ['plain', '\\connect plain'],
  ['Upper-Case_1', '\\connect "Upper-Case_1"'],
  ['-', '\\connect "-"'],
  ['user', '\\connect "user"'],
  ['host=elsewhere', `\\connect -reuse-previous=on "dbname='host=elsewhere'"`],
  ['postgresql://elsewhere/x', `\\connect -reuse-previous=on "dbname='postgresql://elsewhere/x'"`],
  [`a'b\\c"d`, `\\connect -reuse-previous=on "dbname='a\\'b\\\\c""d'"`],
  [`" \\! touch run`, `\\connect -reuse-previous=on "dbname='"" \\\\! touch run'"`],
  ['`touch run`', '\\connect -reuse-previous=on "dbname=\'`touch run`\'"'],
  [':USER', `\\connect -reuse-previous=on "dbname=':USER'"`],
  [`x' host='elsewhere`, `\\connect -reuse-previous=on "dbname='x\\' host=\\'elsewhere'"`],
  ['größe', `\\connect -reuse-previous=on "dbname='größe'"`]
]

test('psql connects to exactly the database of any name', async (t) => {
  const query = 'select pg_catalog.current_database();'
  const script = scriptOf(names.map(([database]) => ({ database, sql: query })))
  t.same(
    script.split('\n'),
    names.flatMap(([, command]) => [command, query])
  )
  if (!hasTool(t, 'psql', 'postgresql-client')) return
  const server = await startServer()
  t.teardown(() => server.remove())
  const folder = mkdtempSync(join(tmpdir(), 'pgvitals-script-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  for (const [name] of names) await server.sql('postgres', `create database "${name.replaceAll('"', '""')}"`)
  const arguments_ = ['-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-f', '-', server.url('postgres')]
  const output = execFileSync('psql', arguments_, { cwd: folder, input: script, encoding: 'utf8' })
  t.same(
    output.trimEnd().split('\n'),
    names.map(([name]) => name)
  )
  t.notOk(existsSync(join(folder, 'run')))
})

test('a step with a control character in a name is omitted, and all other steps are kept', async (t) => {
  for (const mark of ['\n', '\r', '\u0000', '\u001b', '\u007f', '\u0085', '\u2028', '\u202e']) {
    const name = `x${mark}\\! touch run`
    const script = scriptOf([
      ...connectSteps(['platform', name, 'users'], 'pgvitals'),
      { sql: `-- create database "${name}";` },
      { sql: `alter role "${name}" nosuperuser;` },
      { database: name, sql: 'revoke create on schema public from pgvitals;' },
      { database: 'platform', sql: `revoke insert on all tables in schema "${name}" from pgvitals;` }
    ])
    t.notMatch(script.replaceAll('\n', ''), /[\p{Cc}\u2028\u202e]/u)
    t.same(
      script.split('\n').filter((line) => !line.startsWith('-- omitted, ')),
      ['grant connect on database platform, users to pgvitals;', '\\connect platform'],
      `U+${mark.charCodeAt(0).toString(16)}`
    )
    t.equal(script.split('\n').length, 7)
  }
})
