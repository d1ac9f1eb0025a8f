import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'tap'
import { onlyEverySecond, until } from './exporter/run-exporter.ts'
import { runProcess, scrape } from './exporter/run-process.ts'
import { allOf } from './page/parse-page.ts'

/** A file with this number of servers. None of them needs to run. */
const fileWith = (count: number) =>
  `servers:\n${Array.from({ length: count }, (_, index) => `  db${index}: { host: 127.0.0.1, port: ${index + 1}, user: u, database: d }\n`).join('')}`

const namesOf = (count: number) => Array.from({ length: count }, (_, index) => `db${index}`).toSorted()

interface Discovered {
  readonly targets: readonly string[]
  readonly labels: { readonly instance: string }
}

test('three processes poll each of 20 servers once; a new server is polled by one process, and a new shard polls only its servers', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'pgvitals-shards-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'pgvitals.yaml')
  writeFileSync(file, fileWith(20))
  const start = async (shard: string) => {
    // Another process may take a port that was free before the process listens.
    const { child, output } = runProcess({
      PGVITALS_CONFIG: file,
      PGVITALS_PORT: '0',
      PGVITALS_QUERIES: onlyEverySecond('locks'),
      PGVITALS_SHARD: shard,
      PGVITALS_SHARD_TARGETS: 'pgvitals-{shard}.pgvitals:9187'
    })
    t.teardown(() => child.kill('SIGKILL'))
    const portOf = (text: string) => Number(/serves http:\/\/[^/]*:(\d+)\/metrics/.exec(text)?.[1] ?? 0)
    await until(`shard ${shard} responds`, 60, async () => portOf(output()) > 0 && (await scrape(portOf(output()))).length > 0)
    return portOf(output())
  }
  /** The names of the servers on the page of each process. */
  const polledBy = async (ports: readonly number[]) =>
    await Promise.all(
      ports.map(async (port) => allOf(await scrape(port), 'pgvitals_sessions_open').map(({ labels }) => labels.server ?? ''))
    )
  const discovered = async (port: number) => (await (await fetch(`http://127.0.0.1:${port}/sd`)).json()) as readonly Discovered[]

  const three = await Promise.all([start('pgvitals-0/3'), start('1/3'), start('2/3')])
  const before = await polledBy(three)
  t.same(before.flat().toSorted(), namesOf(20), 'complete and disjoint')
  t.ok(
    before.every((names) => names.length > 0),
    'each process polls servers'
  )
  const expected = before.flatMap((names, shard) => names.map((name) => `${name} pgvitals-${shard}.pgvitals:9187`)).toSorted()
  for (const port of three) {
    const found = (await discovered(port)).map(({ labels, targets }) => `${labels.instance} ${targets}`)
    t.same(found.toSorted(), expected, 'every process lists the targets of all')
  }
  t.same(
    await Promise.all(
      three.map(async (port) => allOf(await scrape(port), 'pgvitals_shards').map(({ labels, value }) => [labels.shard, value]))
    ),
    [[['0', 3]], [['1', 3]], [['2', 3]]]
  )

  writeFileSync(file, fileWith(21))
  await until('a process polls the new server', 30, async () => (await polledBy(three)).flat().length === 21)
  const after = await polledBy(three)
  t.same(after.flat().toSorted(), namesOf(21))
  t.same(
    after.map((names) => names.filter((name) => name !== 'db20')),
    before,
    'no other server moved'
  )

  const [first = [], fourth = []] = await polledBy(await Promise.all([start('0/4'), start('3/4')]))
  t.ok(fourth.length > 0 && fourth.length < 21 / 2, `${fourth.length} servers moved`)
  t.same(first.toSorted(), (after[0] ?? []).filter((name) => !fourth.includes(name)).toSorted(), 'the other shards keep what did not move')
})
