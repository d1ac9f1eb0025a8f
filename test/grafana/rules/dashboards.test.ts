import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'tap'
import { hasTool } from '../../servers/has-tool.ts'
import { boards, queriesOf } from '../dashboards/panels-of.ts'

const fill = (expr: string) =>
  expr
    .replaceAll('$__rate_interval', '5m')
    .replaceAll('$__range', '1h')
    .replaceAll(/\$topn\b/g, '5')

test('promtool accepts every query of every board', async (t) => {
  if (!hasTool(t, 'promtool', 'prometheus')) return
  const folder = mkdtempSync(join(tmpdir(), 'pgvitals-boards-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const check = (queries: readonly string[]) => {
    const rules = queries.map((expr, index) => ({ record: `board:query:number_${index}`, expr: fill(expr) }))
    writeFileSync(join(folder, 'boards.yml'), JSON.stringify({ groups: [{ name: 'boards', rules }] }))
    return execFileSync('promtool', ['check', 'rules', join(folder, 'boards.yml')], { encoding: 'utf8', stdio: 'pipe' })
  }
  const queries = boards.flatMap(queriesOf).map(({ expr }) => expr)
  t.match(check(queries), `${queries.length} rules found`)
  t.throws(() => check(['sum(pg_up[5m])']), 'a type error is reported')
})
