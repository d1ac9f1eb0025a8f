import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { loadQueries } from '../../src/query/load.ts'
import { isValueColumn, metricName } from '../../src/query/query.ts'

const tests = join(import.meta.dirname, '..')

/** Every name that stands whole in a test, but for the lists of what postgres_exporter has: those only say that a name is there. */
function namesInTests(): ReadonlySet<string> {
  const files = readdirSync(tests, { recursive: true, encoding: 'utf8' }).filter(
    (path) => path.endsWith('.ts') && !/node_modules|^page\/inherited-|coverage\.test/.test(path)
  )
  return new Set(files.flatMap((path) => readFileSync(join(tests, path), 'utf8').match(/\bpg_[a-z0-9_]+/g) ?? []))
}

test('every metric of the catalogue stands by its whole name in a test', async (t) => {
  const named = namesInTests()
  const metrics = new Set(loadQueries().flatMap((query) => query.columns.filter(isValueColumn).map((column) => metricName(query, column))))
  t.ok(metrics.size > 300)
  t.same(
    [...metrics].filter((metric) => !named.has(metric)),
    [],
    'each has a test that makes it move for a known reason'
  )
})
