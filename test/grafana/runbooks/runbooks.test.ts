import { readdirSync, readFileSync } from 'node:fs'
import pg from 'pg'
import { test } from 'tap'
import { startServer } from '../../servers/start-server.ts'
import { createTeamDatabases } from '../../servers/team-databases.ts'

const folder = new URL('../../../docs/runbooks/', import.meta.url)
const pages = readdirSync(folder).filter((file) => file !== 'README.md')
const textOf = (page: string) => readFileSync(new URL(page, folder), 'utf8')

/** The SQL blocks of a runbook for a major version, without those marked `from` or `to` another version. */
function blocksOf(page: string, major: number): readonly string[] {
  return [...textOf(page).matchAll(/^```sql(?: (from|to) (\d+))?\n(.*?)^```$/gms)]
    .filter(([, bound, limit]) => bound === undefined || (bound === 'from' ? major >= Number(limit) : major <= Number(limit)))
    .map(([, , , sql = '']) => sql)
}

for (const major of [13, 16, 18] as const) {
  test(`the SQL of every runbook runs on PostgreSQL ${major}, for superusers and for pg_monitor`, async (t) => {
    const server = await startServer({ major, flags: ['wal_level=logical', 'archive_mode=on', 'archive_command=true'] })
    t.teardown(() => server.remove())
    await createTeamDatabases(server)
    for (const role of ['postgres', 'pgvitals']) {
      const client = new pg.Client(server.url('platform', role))
      await client.connect()
      for (const page of pages) {
        for (const sql of blocksOf(page, major)) {
          const failure = await client.query(sql).then(
            () => undefined,
            (error: Error) => error.message
          )
          if (failure !== undefined) t.fail(`${page} as ${role}: ${failure}\n${sql}`)
        }
      }
      await client.end()
    }
    t.ok(pages.flatMap((page) => blocksOf(page, major)).length > 50)
  })
}
