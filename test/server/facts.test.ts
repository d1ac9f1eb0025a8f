import { test } from 'tap'
import { parseDatabaseUrl } from '../../src/config/database-url.ts'
import { readFacts } from '../../src/server/facts.ts'
import { openSession } from '../../src/server/session.ts'
import { parseTracking, trackingSql, usualTrackingSql } from '../../src/server/tracking.ts'
import { createTeam } from '../servers/create-team.ts'
import { refuse } from '../servers/refuse.ts'

test('a role is not assumed to see all sessions if the list of its roles is refused', async (t) => {
  const { server, platform, url } = await createTeam()
  const read = async (user: string) => {
    const session = await openSession(parseDatabaseUrl(`${url('platform', user)}?sslmode=disable`))
    const facts = await readFacts(session)
    await session.close()
    return facts.roles && [...facts.roles]
  }
  const [owner, superuser] = [`${platform}_owner`, 'postgres']
  t.same((await read(owner))?.sort(), ['pg_database_owner', owner])
  t.equal(await read(superuser), undefined)
  const restore = await refuse(server, platform, 'pg_has_role')
  t.same([await read(owner), await read(superuser)], [[owner], [superuser]])
  await restore()
})

for (const major of [13, 18] as const) {
  test(`PostgreSQL ${major}: the usual state of the tracking settings is read without their details`, async (t) => {
    const { url } = await createTeam(major)
    const session = await openSession(parseDatabaseUrl(`${url('platform')}?sslmode=disable`))
    t.teardown(() => session.close())
    const { rows } = await session.run(`select ${usualTrackingSql}, ${trackingSql}`, { timeoutSeconds: 5, maxRows: 1 })
    const [usual = '', whole = ''] = rows[0] ?? []
    t.same(parseTracking(usual ?? ''), parseTracking(whole ?? ''))
    t.ok(parseTracking(usual ?? '').size >= 2)
  })
}
