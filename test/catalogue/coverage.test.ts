import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { loadQueries } from '../../src/query/load.ts'
import { isValueColumn, metricName } from '../../src/query/query.ts'

const tests = join(import.meta.dirname, '..')

/** Comments, regular expressions where one can start, strings, and keys of objects, in this order of precedence. */
const token =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|(?<=[(,=:[!&|?{;]\s*)\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n])+\/|'(?<single>(?:\\.|[^'\\\n])*)'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`|(?<key>\bpg_\w+)(?=:)/g

/** The strings and keys in TypeScript source that are the name of a metric and nothing else. */
function namesIn(source: string): readonly string[] {
  return [...source.matchAll(token)].flatMap(({ groups }) => groups?.single ?? groups?.key ?? []).filter((text) => /^pg_\w+$/.test(text))
}

/** Every name in an assertion. The lists of inherited metrics do not count, because they only require that a name exists. */
function namesInTests(): ReadonlySet<string> {
  const files = readdirSync(tests, { recursive: true, encoding: 'utf8' }).filter(
    (path) => path.endsWith('.ts') && !/node_modules|^page\/inherited-|coverage\.test/.test(path)
  )
  return new Set(files.flatMap((path) => namesIn(readFileSync(join(tests, path), 'utf8'))))
}

test('a test asserts on every metric of the catalogue by its full name', async (t) => {
  const named = namesInTests()
  // A query with a suffix column exports `<name>_<suffix>`.
  const queries = loadQueries().filter((query) => !query.columns.some((column) => column.kind === 'suffix'))
  const metrics = new Set(queries.flatMap((query) => query.columns.filter(isValueColumn).map((column) => metricName(query, column))))
  t.ok(metrics.size > 300)
  t.same(
    [...metrics].filter((metric) => !named.has(metric)),
    [],
    'each needs a test that changes it for a known reason'
  )
})

test('a name in a comment, a title or a message does not count', async (t) => {
  const source = `
    // value('pg_comment')
    /* 'pg_block' */ t.equal(value('pg_value'), 1, 'pg_message is 1') // it's
    t.match(text, /pg_pattern '/); test('pg_title of a test', () => agree({ pg_key: "it's // 'pg_double'" }))
    const text = \`it's 'pg_template'\` + 'a // b' + value('pg_last')`
  t.same(namesIn(source), ['pg_value', 'pg_key', 'pg_last'])
})
