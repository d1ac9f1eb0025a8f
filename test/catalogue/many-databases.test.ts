import { test } from 'tap'
import { makeExporter, until } from '../exporter/run-exporter.ts'
import { ageOf, allOf, sampleValue } from '../page/parse-page.ts'
import { byFileCopy, startServer } from '../servers/start-server.ts'

/** A busy machine may delay a poll cycle by this much, which is long compared with an interval of one second. */
const busySeconds = 5

const tuned = '{ stat_user_tables: { interval: 1s }, connections: { interval: 1s } }'

test('thirty databases share three sessions, and each is polled within its exported interval', async (t) => {
  const server = await startServer()
  t.teardown(() => server.remove())
  await server.sql('postgres', "create role pgvitals login password 'secret' in role pg_monitor")
  const names = Array.from({ length: 30 }, (_, index) => `team_${index}`)
  for (const name of names) await server.sql('postgres', `create database ${name} ${byFileCopy(server.major)}`)
  const environment = Object.fromEntries(names.map((name) => [`${name.toUpperCase()}_DATABASE_URL`, server.url(name, 'pgvitals')]))
  const { exporter, samples } = makeExporter(
    { ...environment, PGVITALS_QUERIES: tuned },
    { pollCostShare: 0.2, queries: ['stat_user_tables', 'connections'], servers: (all) => all.map((one) => ({ ...one, maxSessions: 3 })) }
  )
  t.teardown(() => exporter.stop())
  await exporter.start()
  /** The longest interval of each database so far. A shorter interval takes effect with the next cycle. */
  const stated = new Map<string, number>()
  const readIntervals = async () => {
    const intervals = allOf(await samples(), 'pgvitals_database_poll_interval_seconds')
    for (const { labels, value } of intervals) stated.set(labels.datname ?? '', Math.max(stated.get(labels.datname ?? '') ?? 0, value))
    return intervals
  }
  await until('the page contains every database', 30, async () => {
    await readIntervals()
    return allOf(await samples(), 'pgvitals_snapshot_timestamp_seconds', { query: 'stat_user_tables' }).length === names.length
  })
  await until('the intervals reflect the cost of poll cycles', 10, async () => (await readIntervals()).some(({ value }) => value > 1))
  const longest = () =>
    samples().then((all) => Math.max(...allOf(all, 'pgvitals_database_poll_interval_seconds').map(({ value }) => value)))
  let mostSessions = 0
  let worst = { share: 0, text: '' }
  const before = new Map(names.map((datname) => [datname, 0]))
  for (const { labels, value } of allOf(await samples(), 'pgvitals_polls_total')) before.set(labels.datname ?? '', value)
  // The intervals follow the cost of cycles, which a busy machine multiplies.
  await until('every database was polled once more', 240, async () => {
    await readIntervals()
    const all = await samples()
    const [row] = await server.sql('postgres', "select count(*)::int as n from pg_stat_activity where usename = 'pgvitals'")
    mostSessions = Math.max(mostSessions, Number(row?.n))
    for (const datname of names) {
      const interval = stated.get(datname) ?? 0
      const [time] = allOf(all, 'pgvitals_snapshot_timestamp_seconds', { datname, query: 'stat_user_tables' })
      const age = time === undefined ? Number.POSITIVE_INFINITY : ageOf(time)
      const share = age / (interval + busySeconds)
      if (share > worst.share) worst = { share, text: `${datname}: ${age} s at an interval of ${interval} s` }
    }
    return names.every((datname) => (sampleValue(all, 'pgvitals_polls_total', { datname }) ?? 0) >= (before.get(datname) ?? 0) + 1)
  })
  t.ok(mostSessions > 0 && mostSessions <= 3, `${mostSessions} sessions at most`)
  // A cycle may wait for a free session.
  t.ok(worst.share < 1.5, worst.text)
  t.equal(allOf(await samples(), 'pg_database_up').filter(({ value }) => value === 1).length, 30)
  const serverWide = allOf(await samples(), 'pgvitals_snapshot_timestamp_seconds', { datname: '', query: 'connections' })
  t.ok(serverWide.length === 1 && serverWide.every((sample) => ageOf(sample) < 3), 'server-wide queries keep their interval')
  t.ok((await longest()) >= 1)
})
