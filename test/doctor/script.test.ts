import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'tap'
import type { Step } from '../../src/doctor/problem.ts'
import { writeScript } from '../../src/doctor/script.ts'
import { connectSteps } from '../../src/doctor/set-up.ts'
import { hasTool } from '../servers/has-tool.ts'
import { startServer } from '../servers/start-server.ts'

const scriptOf = (steps: readonly Step[]) =>
  writeScript([{ kind: 'wrong', databases: [], text: '', costs: undefined, steps }], 'postgresql')

/** Names of databases, and what leads psql there. */
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

test('psql goes to the database of any name, and nowhere else', async (t) => {
  const ask = 'select pg_catalog.current_database();'
  const script = scriptOf(names.map(([database]) => ({ database, sql: ask })))
  t.same(
    script.split('\n'),
    names.flatMap(([, command]) => [command, ask])
  )
  if (!hasTool(t, 'psql', 'postgresql-client')) return
  const server = await startServer()
  t.teardown(() => server.remove())
  const folder = mkdtempSync(join(tmpdir(), 'pgvitals-script-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  for (const [name] of names) await server.sql('postgres', `create database "${name.replaceAll('"', '""')}"`)
  const arguments_ = ['-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-f', '-', server.url('postgres')]
  const answers = execFileSync('psql', arguments_, { cwd: folder, input: script, encoding: 'utf8' })
  t.same(
    answers.trimEnd().split('\n'),
    names.map(([name]) => name)
  )
  t.notOk(existsSync(join(folder, 'run')))
})

test('no name ends its line: what has a control character stands in a comment, and takes nothing else with it', async (t) => {
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
      script.split('\n').filter((line) => !line.startsWith('-- left out, ')),
      ['grant connect on database platform, users to pgvitals;', '\\connect platform'],
      `U+${mark.charCodeAt(0).toString(16)}`
    )
    t.equal(script.split('\n').length, 7)
  }
})
