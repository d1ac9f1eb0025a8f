import { test } from 'tap'
import { parseQuery } from '../../src/query/parse.ts'

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

function mistakesOf(file: string, text: string): readonly string[] {
  try {
    parseQuery(file, text)
    return []
  } catch (error) {
    return (error as AggregateError).errors.map((mistake: Error) => mistake.message)
  }
}

test('a query file carries its settings, its columns and its SQL', async (t) => {
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

test('without settings a query runs every 15 s, for at most 5 s, and is called after its file', async (t) => {
  const query = parseQuery('x/things.sql', '-- Things.\n--\n-- scope: database\n-- gauge a: A.\nselect 1 as a')
  t.match(query, { intervalSeconds: 15, timeoutSeconds: 5, prefix: 'pg_things', variant: undefined, scope: 'database' })
})

test('a file may end its lines as Windows does', async (t) => {
  t.equal(parseQuery('things.sql', `${header}select 1;\n`.replaceAll('\n', '\r\n')).sql, 'select 1')
})

test('a query with many rows says how it is limited', async (t) => {
  const query = parseQuery('a.sql', `${header}-- top: 50 by things_total\n-- other: datname\nselect 1`)
  t.same(query.top, { limit: 50, by: ['things_total'], other: ['datname'] })
  t.equal(query.maxRows, 20_000)
})

const cases: readonly (readonly [string, string, string, RegExp])[] = [
  ['an unknown setting', 'a.sql', `${header}-- every: 5m\nselect 1`, /^a\.sql:10: "every: 5m" is neither a setting .* nor a column/],
  ['an unknown kind', 'a.sql', `${header}-- summary x: X.\nselect 1`, /^a\.sql:10: "summary x: X\." is neither/],
  ['arrivals without top', 'a.sql', `${header}-- arrivals x: X.\nselect 1`, /^a\.sql:10: arrivals is declared without top/],
  ['a key without top', 'a.sql', `${header}-- key entry\nselect 1`, /^a\.sql:10: a key is declared without top/],
  [
    'a fingerprint by what is no key',
    'a.sql',
    `${header}-- top: 5 by things_total\n-- fingerprint state by entry\nselect 1`,
    /^a\.sql:11: rows are asked for by entry, which is no key of this file/
  ],
  [
    'a lookup that is none',
    'a.sql',
    `${header}-- lookup: datname of things\nselect 1`,
    /^a\.sql:10: lookup is "datname of things"; expected a label, a query and a duration/
  ],
  [
    'a value that is none',
    'a.sql',
    '-- A.\n--\n-- scope: cluster\n-- gauge a: A.\nselect 1',
    /^a\.sql:3: scope is "cluster"; expected server or database/
  ],
  ['a setting given twice', 'a.sql', `${header}-- scope: server\nselect 1`, /^a\.sql:10: scope is set twice/],
  ['a requirement that is none', 'a.sql', `${header}-- requires: server 14\nselect 1`, /^a\.sql:10: requires is "server 14"; expected/],
  ['a missing scope', 'a.sql', '-- A.\n--\n-- gauge a: A.\nselect 1', /^a\.sql:1: the header has no "scope: server"/],
  ['a value without help', 'a.sql', `${header}-- gauge a\nselect 1`, /^a\.sql:10: gauge a has no help/],
  ['the label server', 'a.sql', `${header}-- label server\nselect 1`, /^a\.sql:10: the label server is the exporter's own/],
  [
    'datname in a database-wide file',
    'a.sql',
    header.replace('server\n', 'database\n').concat('select 1'),
    /^a\.sql:7: with "scope: database"/
  ],
  ['a column declared twice', 'a.sql', `${header}-- label datname\nselect 1`, /^a\.sql:10: the column datname is declared twice/],
  ['a name that is none', 'a.sql', `${header}-- label dat-name\nselect 1`, /^a\.sql:10: "dat-name" is no column name/],
  ['no value at all', 'a.sql', '-- A.\n--\n-- scope: server\n-- label a\nselect 1', /^a\.sql:4: no gauge, counter or untyped/],
  [
    'a suffix beside a named value',
    'a.sql',
    `${header}-- suffix name\nselect 1`,
    /^a\.sql:10: beside a suffix the only value column is called "value"/
  ],
  ['two columns of cut rows', 'a.sql', `${header}-- cut a\n-- cut b\nselect 1`, /^a\.sql:11: there is more than one cut/],
  ['a top by the cut rows', 'a.sql', `${header}-- cut a\n-- top: 50 by a\nselect 1`, /^a\.sql:11: top ranks by a, which is no gauge/],
  ['a top without columns', 'a.sql', `${header}-- top: 50\nselect 1`, /^a\.sql:10: top is "50"; expected a number and columns/],
  ['a top by what is no value', 'a.sql', `${header}-- top: 50 by datname\nselect 1`, /^a\.sql:10: top ranks by datname, which is no gauge/],
  [
    'another label that is none',
    'a.sql',
    `${header}-- top: 50 by things_total\n-- other: queryid\nselect 1`,
    /^a\.sql:11: other names queryid, which is no label/
  ],
  ['other without top', 'a.sql', `${header}-- other: datname\nselect 1`, /^a\.sql:10: other is set without top/],
  ['no SQL', 'a.sql', header, /^a\.sql:9: there is no SQL below the header/],
  ['no description', 'a.sql', '--\n-- scope: server\n-- gauge a: A.\nselect 1', /^a\.sql:1: the file does not begin with a comment line/],
  ["an extension's version without the extension", 'a.1.8.sql', `${header}select 1`, /^a\.1\.8\.sql:1: a version with a dot/],
  ['a name with a capital', 'Things.sql', `${header}select 1`, /^Things\.sql:1: the file's name is not of the form/]
]

test('a mistake is reported with file and line', async (t) => {
  for (const [what, file, text, expected] of cases) {
    const mistakes = mistakesOf(file, text)
    t.equal(mistakes.length, 1, `${what}: one mistake`)
    t.match(mistakes[0], expected, what)
  }
})

test('all mistakes of a file are reported at once', async (t) => {
  t.equal(mistakesOf('a.sql', '-- A.\n--\n-- scope: x\n-- interval: 5\n-- every: 1\nselect 1').length, 4)
})
