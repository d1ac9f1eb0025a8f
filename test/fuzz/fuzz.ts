import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startServer } from '../servers/start-server.ts'
import type { Conversation } from './conversation.ts'
import { recordAll, startPgBouncer } from './record-all.ts'
import { createCase, describe, fuzz } from './run-fuzz.ts'

const usage = `npm run fuzz -- [options]

Replays recorded conversations with PostgreSQL 13, PostgreSQL 18 and PgBouncer with faults against the sessions of pgvitals.

  --cases=10000     number of cases
  --seed=N          seed; by default the time
  --from=0          number of the first case; with --cases=1, a single case
  --save=FILE       writes the recording
  --recording=FILE  reads it instead of recording
`

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '10000' },
    seed: { type: 'string', default: String(Math.floor(Date.now() / 1000)) },
    from: { type: 'string', default: '0' },
    save: { type: 'string' },
    recording: { type: 'string' },
    help: { type: 'boolean' }
  }
})
const [cases, seed, from] = [values.cases, values.seed, values.from].map(Number) as [number, number, number]
if (values.help || !(cases > 0) || !(seed >= 0) || !(from >= 0)) {
  process.stderr.write(usage)
  process.exit(1)
}

const conversations = values.recording === undefined ? await recordReal() : readRecording(values.recording)
const recording = values.save ?? join(mkdtempSync(join(tmpdir(), 'pgvitals-fuzz-')), 'recording.json')
if (values.recording === undefined)
  writeFileSync(
    recording,
    JSON.stringify(
      conversations.map(({ name, turns }) => ({ name, turns: turns.map((turn) => turn.map((one) => one.toString('base64'))) }))
    )
  )
process.stdout.write(`seed ${seed}, recording ${values.recording ?? recording}\n`)
if (cases === 1) process.stdout.write(`${describe(createCase(conversations, seed, from))}\n`)
let peak = 0
let stall = 0
let last = performance.now()
const sampling = setInterval(() => {
  const now = performance.now()
  stall = Math.max(stall, now - last - 10)
  last = now
  peak = Math.max(peak, process.memoryUsage.rss())
}, 10)
const startedCpu = process.cpuUsage()
const { outcomes, mutations, defects, seconds } = await fuzz({
  conversations,
  seed,
  from,
  cases,
  afterHundred: (done) => {
    if (done % 5000 === 0) process.stderr.write(`${done} cases\n`)
  }
})
clearInterval(sampling)
const cpu = process.cpuUsage(startedCpu)
const table = (counts: ReadonlyMap<string, number>) =>
  [...counts]
    .sort(([, one], [, other]) => other - one)
    .map(([name, count]) => `  ${String(count).padStart(8)}  ${name}\n`)
    .join('')
process.stdout.write(
  `${cases} cases in ${seconds.toFixed(0)} s, ${((cpu.user + cpu.system) / 1e6).toFixed(0)} s of CPU, peak of RSS ${(peak / 1e6).toFixed(0)} MB, longest stall ${stall.toFixed(0)} ms\n` +
    `outcomes\n${table(outcomes)}faults\n${table(mutations)}defects: ${defects.length}\n`
)
for (const { number, description, problem } of defects.slice(0, 20)) process.stdout.write(`case ${number} (${description}): ${problem}\n`)
process.exit(defects.length === 0 ? 0 : 1)

async function recordReal(): Promise<readonly Conversation[]> {
  const servers = await Promise.all(([13, 18] as const).map((major) => startServer({ major })))
  const pgbouncer = await startPgBouncer(servers[1]?.port ?? 0)
  try {
    return await recordAll(servers, pgbouncer.url)
  } finally {
    pgbouncer.stop()
    await Promise.all(servers.map((server) => server.remove()))
  }
}

function readRecording(file: string): readonly Conversation[] {
  const read = JSON.parse(readFileSync(file, 'utf8')) as readonly {
    readonly name: string
    readonly turns: readonly (readonly string[])[]
  }[]
  return read.map(({ name, turns }) => ({ name, turns: turns.map((turn) => turn.map((one) => Buffer.from(one, 'base64'))) }))
}
