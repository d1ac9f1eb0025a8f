import { test } from 'tap'
import { parseQuery } from '../../src/query/parse.ts'
import { familiesOf, labelNamesOf } from '../../src/query/query.ts'

const header = `-- Things.
--
-- scope:    server
-- interval: 5m
-- requires: server >= 14, capability pg_monitor
--
-- label   datname
-- counter things_total: Things counted,
--    on two lines.
`

function errorsOf(file: string, text: string): readonly string[] {
  try {
    parseQuery(file, text)
    return []
  } catch (error) {
    return (error as AggregateError).errors.map((error: Error) => error.message)
  }
}

test('a query file contains its settings, its columns and its SQL', async (t) => {
  const query = parseQuery('queries/things.17.sql', `${header}select datname, 1 as things_total from x;\n`)
  t.match(query, {
    name: 'things',
    variant: [17],
    prefix: 'pg_things',
    about: 'Things.',
    scope: 'server',
    intervalSeconds: 300,
    maxRows: 1000,
    sql: 'select datname, 1 as things_total from x',
    requires: [
      { kind: 'server', comparison: '>=', version: [14] },
      { kind: 'capability', name: 'pg_monitor' }
    ],
    columns: [
      { kind: 'label', name: 'datname' },
      { kind: 'counter', name: 'things_total', help: 'Things counted, on two lines.' }
    ]
  })
})

test('without settings a query runs every 15 s, for at most 5 s, and is named after its file', async (t) => {
  const query = parseQuery('x/things.sql', '-- Things.\n--\n-- scope: database\n-- gauge a: A.\nselect 1 as a')
  t.match(query, { intervalSeconds: 15, timeoutSeconds: 5, prefix: 'pg_things', variant: undefined, scope: 'database' })
})

test('a file may have Windows line endings', async (t) => {
  t.equal(parseQuery('things.sql', `${header}select 1;\n`.replaceAll('\n', '\r\n')).sql, 'select 1')
})

test('a query with many rows has a limit and ranking columns', async (t) => {
  const query = parseQuery('a.sql', `${header}-- top: 50 by things_total\nselect 1`)
  t.same(query.top, { limit: 50, limits: {}, by: ['things_total'] })
  t.equal(query.maxRows, 20_000)
})

const counts = `-- S.
--
-- scope: server
-- statements: counts
-- top: 50 by seconds_total
-- key entry
-- label user
-- label datname
-- label queryid
-- counter calls_total: C.
-- counter seconds_total: S.
`
const texts = `-- T.
--
-- scope: server
-- statements: texts every 5m
-- label queryid
-- label query
-- within database
-- gauge query_id: T.
`

test('the counts and the texts of statements are settings; counts add two families by database', async (t) => {
  const counted = parseQuery('s.sql', `${counts}select 1`)
  t.same(counted.statements, { kind: 'counts' })
  t.match(familiesOf(counted).slice(-2), [
    { name: 'pg_s_interval_mean_seconds', type: 'histogram' },
    { name: 'pg_s_new_total', type: 'counter' }
  ])
  t.same(labelNamesOf(counted, 'pg_s_new_total'), ['server', 'datname'])
  t.same(labelNamesOf(counted, 'pg_s_calls_total'), ['server', 'user', 'datname', 'queryid'])
  t.same(parseQuery('s.sql', `${texts}select 1`).statements, { kind: 'texts', everySeconds: 300, textLength: 300 })
  t.match(parseQuery('s.sql', `${texts}-- text: 40\nselect 1`).statements, { textLength: 40 })
})

const cases: readonly (readonly [string, string, string, RegExp])[] = [
  [
    'an unknown setting',
    'a.sql',
    `${header}-- every: 5m\nselect 1`,
    /^a\.sql:10: unknown declaration "every: 5m"; expected a setting .* or a column/
  ],
  ['an unknown kind', 'a.sql', `${header}-- summary x: X.\nselect 1`, /^a\.sql:10: unknown declaration "summary x: X\."/],
  [
    'an unknown level',
    'a.sql',
    `-- T.\n--\n-- scope: server\n-- detail: most\n-- gauge a: A.\nselect 1`,
    /^a\.sql:4: detail is "most"; expected minimal, standard, full/
  ],
  [
    'a level without columns',
    'a.sql',
    `${header}-- detail: full\nselect 1`,
    /^a\.sql:10: no gauge, counter or untyped column follows this detail/
  ],
  [
    'a level without a ranking',
    'a.sql',
    `${header}-- top: 50 by x\n-- detail: full\n-- gauge x: X.\nselect 1`,
    /^a\.sql:12: detail standard exports no column of top/
  ],
  [
    'a limit of an unknown level',
    'a.sql',
    `${header}-- top: 50 (most 20) by things_total\nselect 1`,
    /^a\.sql:10: top is "50 \(most 20\) by things_total"; expected .* 100 \(minimal 20\) by/
  ],
  [
    'counts without calls at a level',
    'a.sql',
    `${counts.replace('-- counter calls', '-- detail: full\n-- counter calls').replace('-- counter seconds', '-- detail: minimal\n-- counter seconds')}select 1`,
    /^a\.sql:13: detail minimal needs calls_total, because of "statements: counts"/
  ],
  ['a key without counts', 'a.sql', `${header}-- key entry\nselect 1`, /^a\.sql:10: a key column needs "statements: counts"/],
  ['a length without texts', 'a.sql', `${header}-- text: 50\nselect 1`, /^a\.sql:10: text needs "statements: texts every …"/],
  [
    'texts without a duration',
    'a.sql',
    `${header}-- statements: texts\nselect 1`,
    /^a\.sql:10: statements is "texts"; expected counts, or texts and/
  ],
  ['counts without top', 'a.sql', `${counts.replace(/-- top.*\n/, '')}select 1`, /^a\.sql:10: "statements: counts" needs top by counters/],
  [
    'counts without a key',
    'a.sql',
    `${counts.replace('-- key entry\n', '')}select 1`,
    /^a\.sql:10: "statements: counts" needs a key column/
  ],
  ['counts with other labels', 'a.sql', `${counts.replace('label user', 'label role')}select 1`, /needs the labels user, datname, queryid/],
  [
    'counts without calls',
    'a.sql',
    `${counts.replace('calls_total', 'rows_total')}select 1`,
    /needs the counters calls_total, seconds_total/
  ],
  ['counts of a part of the rows', 'a.sql', `${counts}-- cut cut\nselect 1`, /^a\.sql:12: "statements: counts" needs all rows/],
  ['counts ranked by a gauge', 'a.sql', `${counts.replace('by seconds_total', 'by g')}-- gauge g: G.\nselect 1`, /needs top by counters/],
  [
    'a database of rows in every database',
    'a.sql',
    '-- A.\n--\n-- scope: database\n-- within owner\n-- gauge a: A.\nselect 1',
    /^a\.sql:\d+: within needs "scope: server"/
  ],
  [
    'texts in every database',
    'a.sql',
    `${texts.replace('server', 'database')}select 1`,
    /^a\.sql:8: "statements: texts" needs "scope: server"/
  ],
  [
    'texts of anything else',
    'a.sql',
    `${texts.replace('queryid', 'id')}select 1`,
    /^a\.sql:8: "statements: texts" needs two labels, queryid and/
  ],
  ['texts without their database', 'a.sql', `${texts.replace('-- within database\n', '')}select 1`, /^a\.sql:7: .* needs a within column/],
  ['texts with two values', 'a.sql', `${texts}-- gauge b: B.\nselect 1`, /^a\.sql:9: .* needs exactly one value column/],
  [
    'two suffixes',
    'a.sql',
    '-- A.\n--\n-- scope: server\n-- suffix a\n-- suffix b\n-- gauge value: {}.\nselect 1',
    /more than one suffix column/
  ],
  [
    'an invalid value',
    'a.sql',
    '-- A.\n--\n-- scope: cluster\n-- gauge a: A.\nselect 1',
    /^a\.sql:3: scope is "cluster"; expected server or database/
  ],
  [
    'parts that the SQL does not use',
    'a.sql',
    `${header}-- parts: select 1\nselect 1`,
    /^a\.sql:10: "parts" needs pg_catalog\.current_setting/
  ],
  [
    'an unknown activity',
    'a.sql',
    `${header}-- during: vacuum, checkpoint\nselect 1`,
    /^a\.sql:10: during is "vacuum, checkpoint"; expected activities of a database \(analyze, autovacuum, cluster, copy, create index, vacuum\)/
  ],
  [
    'activities of a server',
    'a.sql',
    '-- A.\n--\n-- scope: server\n-- during: vacuum\n-- gauge a: A.\nselect 1',
    /^a\.sql:5: "during" needs "scope: database"/
  ],
  [
    'parts that are no select',
    'a.sql',
    `${header}-- parts: pg_class\nselect 1`,
    /^a\.sql:10: parts is "pg_class"; expected a select of oids/
  ],
  ['a setting given twice', 'a.sql', `${header}-- scope: server\nselect 1`, /^a\.sql:10: scope is set twice/],
  [
    'a setting that does not track',
    'a.sql',
    `${header}-- requires: setting work_mem\nselect 1`,
    /^a\.sql:10: requires is "setting work_mem"; expected/
  ],
  ['an invalid requirement', 'a.sql', `${header}-- requires: server 14\nselect 1`, /^a\.sql:10: requires is "server 14"; expected/],
  ['a missing scope', 'a.sql', '-- A.\n--\n-- gauge a: A.\nselect 1', /^a\.sql:1: the header has no "scope: server"/],
  ['a value without help', 'a.sql', `${header}-- gauge a\nselect 1`, /^a\.sql:10: gauge a has no help/],
  ['the label server', 'a.sql', `${header}-- label server\nselect 1`, /^a\.sql:10: the label server is reserved for the exporter/],
  [
    'datname in a database-wide file',
    'a.sql',
    header.replace('server\n', 'database\n').concat('select 1'),
    /^a\.sql:7: with "scope: database"/
  ],
  ['a column declared twice', 'a.sql', `${header}-- label datname\nselect 1`, /^a\.sql:10: the column datname is declared twice/],
  ['an invalid column name', 'a.sql', `${header}-- label dat-name\nselect 1`, /^a\.sql:10: invalid column name "dat-name"/],
  [
    'no value at all',
    'a.sql',
    '-- A.\n--\n-- scope: server\n-- label a\nselect 1',
    /^a\.sql:4: the header declares no gauge, counter or untyped/
  ],
  [
    'a suffix with a named value',
    'a.sql',
    `${header}-- suffix name\nselect 1`,
    /^a\.sql:10: with a suffix column the only value column is called "value"/
  ],
  ['two columns of cut rows', 'a.sql', `${header}-- cut a\n-- cut b\nselect 1`, /^a\.sql:11: the header declares more than one cut column/],
  ['a top by the cut rows', 'a.sql', `${header}-- cut a\n-- top: 50 by a\nselect 1`, /^a\.sql:11: top ranks by a, which is not a gauge/],
  ['a top without columns', 'a.sql', `${header}-- top: 50\nselect 1`, /^a\.sql:10: top is "50"; expected a number and columns/],
  ['a top by a label', 'a.sql', `${header}-- top: 50 by datname\nselect 1`, /^a\.sql:10: top ranks by datname, which is not a gauge/],
  ['no SQL', 'a.sql', header, /^a\.sql:9: there is no SQL below the header/],
  ['no description', 'a.sql', '--\n-- scope: server\n-- gauge a: A.\nselect 1', /^a\.sql:1: the file does not begin with a comment line/],
  ["an extension's version without the extension", 'a.1.8.sql', `${header}select 1`, /^a\.1\.8\.sql:1: a version with a dot/],
  ['a name with a capital', 'Things.sql', `${header}select 1`, /^Things\.sql:1: invalid file name/]
]

test('an error is reported with file and line', async (t) => {
  for (const [what, file, text, expected] of cases) {
    const errors = errorsOf(file, text)
    t.equal(errors.length, 1, `${what}: one error`)
    t.match(errors[0], expected, what)
  }
})

test('all errors of a file are reported together', async (t) => {
  t.equal(errorsOf('a.sql', '-- A.\n--\n-- scope: x\n-- interval: 5\n-- every: 1\nselect 1').length, 4)
})

test('a query whose rows depend on the role names the column of the database', async (t) => {
  const write = (declarations: string, scope = 'server') =>
    `-- Q.\n--\n-- scope: ${scope}\n${declarations}-- label datname\n-- gauge a: A.\nselect 1`
  t.equal(parseQuery('q.sql', write('-- merge: datname\n')).merge, 'datname')
  t.equal(parseQuery('q.sql', write('')).merge, undefined)
  t.match(errorsOf('q.sql', write('-- merge: other\n')), [/merge names other, which is not a label or within column/])
  t.match(errorsOf('q.sql', write('-- merge: datname\n-- top: 5 by a\n')), [/merge cannot be combined with top/])
  t.ok(errorsOf('q.sql', write('-- merge: datname\n', 'database')).some((error) => error.includes('"merge" needs "scope: server"')))
})
