// `npm run faults`: tries the faults and writes faults/results.json and docs/reliability.md.

import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { faults } from './all-faults.ts'
import { type Fault, groups, type ServerKind } from './fault.ts'
import { reliabilityPage } from './reliability-page.ts'
import type { Row } from './row.ts'
import { runFault } from './run-fault.ts'
import { createWorld, type Victim, type World } from './world.ts'

const usage = `npm run faults -- [options] [name or group …]

Tries all faults, those of a group, or those whose name contains the text, and updates their rows.

  --list         lists the faults
  --resume       skips the faults with a row of this commit
  --missed       tries the faults again whose row misses a target
  --servers=N    the number of servers on which faults run at the same time (default 4)
  --trial        prints the rows and writes no file
`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    list: { type: 'boolean', default: false },
    resume: { type: 'boolean', default: false },
    missed: { type: 'boolean', default: false },
    trial: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
    servers: { type: 'string', default: '4' }
  }
})

const resultsFile = new URL('results.json', import.meta.url)
const version = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8', cwd: import.meta.dirname }).trim()

// Every process and mount of the trials has a listener that ends it.
process.setMaxListeners(0)
// An exchange with a server that was killed may fail after its step has ended.
process.on('unhandledRejection', (error) => report(`ignored: ${String(error).slice(0, 200)}`))
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1))

const selected = faults.filter(isSelected)
if (values.help) process.stdout.write(usage)
else if (values.list) for (const { name, group } of selected) process.stdout.write(`${group}: ${name}\n`)
else if (selected.length === 0) report('no fault is selected; --list lists them')
else await tryAll(selected)
process.exit()

function isSelected({ name, group }: Fault): boolean {
  const row = readRows().find((one) => one.name === name)
  const isNamed = positionals.length === 0 || positionals.some((text) => (text in groups ? text === group : name.includes(text)))
  return isNamed && !(values.resume && row?.version === version) && !(values.missed && row?.missed.length === 0)
}

async function tryAll(all: readonly Fault[]): Promise<void> {
  // A file system is mounted, and /etc/hosts changed.
  const isRoot = process.getuid?.() === 0
  const selected = all.filter(({ server = 'plain' }) => isRoot || !['small disk', 'named'].includes(server))
  for (const { name } of all.filter((fault) => !selected.includes(fault))) report(`${name}: not tried, requires root`)
  const kinds = new Set<ServerKind>(['plain', ...selected.map(({ server = 'plain' }) => server)])
  const plain = selected.filter(({ server = 'plain', isAlone }) => server === 'plain' && !isAlone)
  const world = await createWorld(kinds, Math.max(1, Math.min(Number(values.servers), plain.length)))
  try {
    const usable = new Set(world.victims)
    const waiting = selected.filter(({ isAlone }) => !isAlone)
    await Promise.all(world.victims.map((victim) => runLane(world, victim, waiting, usable)))
    for (const fault of selected.filter(({ isAlone }) => isAlone)) {
      const victim = [...usable].find(({ kind }) => kind === (fault.server ?? 'plain'))
      if (victim === undefined) report(`${fault.name}: no server left`)
      else await tryOne(fault, world, victim, usable)
    }
    for (const fault of waiting) report(`${fault.name}: no server left`)
  } finally {
    await world.stop()
  }
}

/** Tries the faults that wait for a server of this kind, one after the other. */
async function runLane(world: World, victim: Victim, waiting: Fault[], usable: Set<Victim>): Promise<void> {
  while (usable.has(victim)) {
    const index = waiting.findIndex(({ server = 'plain' }) => server === victim.kind)
    const [fault] = index === -1 ? [] : waiting.splice(index, 1)
    if (fault === undefined) return
    await tryOne(fault, world, victim, usable)
  }
}

async function tryOne(fault: Fault, world: World, victim: Victim, usable: Set<Victim>): Promise<void> {
  report(`${victim.name}: ${fault.name}`)
  const { row, isUsable } = await runFault(fault, world, victim, version)
  if (!isUsable) usable.delete(victim)
  report(`${victim.name}: ${fault.name}: ${row.missed.length === 0 ? 'met' : `MISSED ${row.missed.join(', ')}`} ${JSON.stringify(row)}`)
  if (!values.trial) save(row)
}

/** Saved after every fault, so that a run can be resumed. */
function save(row: Row): void {
  const rows = [...readRows().filter(({ name }) => name !== row.name), row]
  const inOrder = faults.flatMap(({ name }) => rows.find((one) => one.name === name) ?? [])
  writeFileSync(resultsFile, `${JSON.stringify(inOrder, undefined, 2)}\n`)
  writeFileSync(new URL('../docs/reliability.md', import.meta.url), reliabilityPage(faults, inOrder))
}

function readRows(): readonly Row[] {
  return JSON.parse(readFileSync(resultsFile, 'utf8'))
}

function report(text: string): void {
  process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`)
}
