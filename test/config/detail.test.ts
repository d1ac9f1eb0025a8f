import { test } from 'tap'
import { detailsOf } from '../../src/server/server.ts'
import { errorsOf, readFrom } from './read-from.ts'

const base = 'servers: { s: { host: h, user: u, databases: { a: {}, b: {} } }, r: { host: r, user: u, databases: { a: {} } } }\n'

/** `server/database=level` of each database. */
function levels(t: Parameters<typeof readFrom>[0], text: string, environment: NodeJS.ProcessEnv = {}) {
  return readFrom(t, text, environment).servers.flatMap((server) =>
    server.databases.map((database) => `${server.name}/${database.name}=${server.detail}/${detailsOf(server, database).database}`)
  )
}

test('the level of a database overrides that of its server, that of the file and that of the environment', async (t) => {
  t.same(levels(t, base), ['s/a=standard/standard', 's/b=standard/standard', 'r/a=standard/standard'])
  t.same(levels(t, base, { PGVITALS_DETAIL: 'full' }), ['s/a=full/full', 's/b=full/full', 'r/a=full/full'])
  t.same(levels(t, `${base}detail: minimal`, { PGVITALS_DETAIL: 'full' }), [
    's/a=minimal/minimal',
    's/b=minimal/minimal',
    'r/a=minimal/minimal'
  ])
  const own = base.replace('user: u, databases: { a: {}', 'user: u, detail: full, databases: { a: { detail: standard }')
  t.same(levels(t, `${own}detail: minimal`), ['s/a=full/standard', 's/b=full/full', 'r/a=minimal/minimal'])
})

test('databases of the environment have the level of the file or of the environment', async (t) => {
  const environment = { DATABASE_URL: 'postgresql://u:p@e/x' }
  t.same(levels(t, 'detail: full', environment), ['e:5432/x=full/full'])
  t.same(levels(t, '', { ...environment, PGVITALS_DETAIL: 'minimal' }), ['e:5432/x=minimal/minimal'])
})

test('an unknown level prevents the start and is named with its place', async (t) => {
  t.same(errorsOf(t, `${base}detail: ful`), [
    'pgvitals.yaml:2: detail: invalid value; did you mean "full"? expected minimal, standard or full'
  ])
  t.same(errorsOf(t, base.replace('a: {}', 'a: { detail: 1 }')), [
    'pgvitals.yaml:1: servers.s.databases.a.detail: expected a string (quote numbers), found a number'
  ])
  t.match(errorsOf(t, base, { PGVITALS_DETAIL: 'most' }), [/^PGVITALS_DETAIL: invalid value; .*: minimal, standard, full$/])
})
