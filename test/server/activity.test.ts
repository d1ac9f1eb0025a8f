import { test } from 'tap'
import { parseDatabaseUrl } from '../../src/config/database-url.ts'
import { readActivities } from '../../src/server/activity.ts'
import { noRefusals } from '../../src/server/refusals.ts'
import { openSession } from '../../src/server/session.ts'
import { holdSession } from '../catalogue/held-session.ts'
import { createTeam } from '../servers/create-team.ts'
import { refuse } from '../servers/refuse.ts'

for (const major of [13, 18] as const) {
  test(`PostgreSQL ${major}: a role without pg_read_all_stats reads the activity of others, in its database only`, async (t) => {
    const { server, platform, users, url } = await createTeam(major)
    const open = async (database: 'platform' | 'users', name: string) => {
      const session = await openSession(parseDatabaseUrl(`${url(database, `${name}_owner`)}?sslmode=disable`))
      t.teardown(() => session.close())
      return async (known = noRefusals) => await readActivities(session, [major], known, 0)
    }
    const read = await open('platform', platform)
    const idle = { analyze: false, 'create index': false, vacuum: false, cluster: false, autovacuum: false }
    const expected = (more: object) => ({ ...idle, ...(major >= 14 && { copy: false }), ...more })
    t.same(Object.fromEntries((await read()).value), expected({}))

    const builder = await holdSession(server, platform)
    t.teardown(() => builder.end())
    // The build waits for the transaction of the other session.
    const writer = await holdSession(server, platform)
    t.teardown(() => writer.end())
    await writer.run('begin', 'lock table item in row exclusive mode')
    builder.send('create index concurrently on item (note)')
    for (let isRunning: boolean | undefined = false; !isRunning; isRunning = (await read()).value.get('create index'));
    t.same(Object.fromEntries((await read()).value), expected({ 'create index': true }))
    const readOther = await open('users', users)
    t.same(Object.fromEntries((await readOther()).value), expected({}), 'in another database')

    const restore = await refuse(server, platform, 'pg_stat_get_progress_info')
    // A prepared statement would call the original function.
    const refused = await (await open('platform', platform))()
    await restore()
    t.equal(refused.value.get('vacuum'), undefined, 'unknown if the function is refused')
    t.equal(refused.value.get('autovacuum'), false)
    t.equal(refused.refusals.size, 1)
    await writer.run('rollback')
  })
}
