import { test } from 'tap'
import { startServer } from '../servers/start-server.ts'
import { createTeamDatabases } from '../servers/team-databases.ts'
import { createPoller } from './create-poller.ts'

const { pollUntil } = createPoller('stat_statements')

for (const major of [13, 18] as const) {
  test(`PostgreSQL ${major}: the rows of a statement are counted, and its I/O times while they are measured`, async (t) => {
    // The table exceeds the buffers, so each scan reads it, and a change writes out other dirty pages.
    const server = await startServer({ major, flags: ['shared_buffers=1MB', 'autovacuum=off', 'track_io_timing=on'] })
    t.teardown(() => server.remove())
    await createTeamDatabases(server)
    const rows = 'select g as id, repeat(md5(g::text), 10) as note from generate_series(1, 5000) as g'
    const change = 'update load set note = upper(note) where id > 0'
    await server.sql('users', `create table load as ${rows}`, change, change, 'select note from load', 'select note from load')
    const idOf = async (text: string) => {
      const [row] = await server.sql('platform', `select queryid::text as id from pg_stat_statements where query like '${text}%'`)
      return { datname: 'users', user: 'postgres', queryid: String(row?.id) }
    }
    const [update, select] = [await idOf('update load'), await idOf('select note from load')]
    const { value } = await pollUntil(server, ({ value }) => value('pg_stat_statements_calls_total', select) === 2)
    t.equal(value('pg_stat_statements_rows_total', update), 2 * 5000)
    t.equal(value('pg_stat_statements_rows_total', select), 2 * 5000)
    for (const [name, labels] of [
      ['pg_stat_statements_block_read_seconds_total', select],
      ['pg_stat_statements_block_write_seconds_total', update]
    ] as const) {
      const [seconds, whole] = [value(name, labels) ?? -1, value('pg_stat_statements_seconds_total', labels) ?? 0]
      t.ok(seconds > 0 && seconds < whole, `${name}: ${seconds} of ${whole} s`)
    }
  })
}
