import { readdirSync } from 'node:fs'
import { constants, setPriority } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { test } from 'tap'
import { claim, runFolder } from '../servers/run-folder.ts'

const tests = join(import.meta.dirname, '..')

/**
 * The suite of a file. `tests` runs with `npm test`, which takes less than two minutes. The others run with
 * `npm run test:catalogue` and `npm run test:grafana`, or together with `npm run test:slow`.
 */
export function suiteOf(file: string): 'tests' | 'catalogue' | 'grafana' {
  if (/^grafana\/.*\//.test(file)) return 'grafana'
  const several =
    'demo|encodings|fairness|fuzz/[^.]*|not-permitted|owners|privileges|refused|sessions|config/libpq|doctor/(doctor|failed-connections|logging)'
  return new RegExp(`^(catalogue|access)/|^(${several})\\.test`).test(file) ? 'catalogue' : 'tests'
}

/** Files that mostly wait for samples of Prometheus, and that fail if a process is late. */
const realTime = ['grafana/faults/faults.test.ts', 'grafana/live/boards.test.ts']

/** The names of the files that take longest. They run first, so that all processes end at about the same time. */
const longest = [
  ...['faults', 'boards', 'mutants', 'doctor', 'aligned-polls', 'replication-slots', 'roles', 'demo', 'stack', 'statements', 'lasting'],
  ...[
    'counted',
    'privileges',
    'owners',
    'refused',
    'replication-stages',
    'replication-subscriptions',
    'planted-settings',
    'planted-objects',
    'progress'
  ],
  ...['access', 'tables', 'matrix', 'locks', 'io', 'activity', 'wide', 'tables-many', 'detail', 'io-buffers', 'many-databases'],
  ...['indexes', 'libpq', 'failed-connections', 'alerts', 'runbooks', 'shards', 'main', 'reload', 'limits', 'queries', 'isolation'],
  ...['fairness', 'prometheus', 'fuzz', 'web-config', 'discovery', 'teams', 'tls']
]

/** Runs the files of a suite in this process that no other process has taken. */
export function runSuite(suite: ReturnType<typeof suiteOf>): Promise<void> {
  return runTests(testFiles().filter((file) => suiteOf(file) === suite))
}

/**
 * Runs the files of the slow suites in this process that no other process has taken. One process begins with the real-time
 * files. All other files run at a lower priority, and use the CPU time that the real-time files leave.
 */
export async function runSlow(process: 'real-time' | 'other'): Promise<void> {
  if (process === 'real-time') await runTests(realTime)
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL)
  await runTests(testFiles().filter((file) => suiteOf(file) !== 'tests' && !realTime.includes(file)))
}

/**
 * Runs test files in this process, one after the other. Starting a process and loading the code takes a second of CPU,
 * more than most files need, so a few processes share all files: each takes the next file that no other has taken.
 * A file remains an ordinary tap test that also runs by itself.
 */
async function runTests(files: readonly string[]): Promise<void> {
  const folder = runFolder()
  for (const file of files) {
    if (!claim(join(folder, file.replaceAll('/', '-')))) continue
    const failure = await import(pathToFileURL(join(tests, file)).href).then(
      () => undefined,
      (error: unknown) => error
    )
    // Subtests run in order, so this one runs when those of the file have ended.
    await test(`end of test/${file}`, async (t) => {
      t.equal(failure, undefined, 'the file was loaded')
    })
  }
}

function testFiles(): readonly string[] {
  const files = readdirSync(tests, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.test.ts'))
  const rank = (file: string) => longest.findIndex((name) => file.split('/').at(-1) === `${name}.test.ts`) >>> 0
  return files
    .filter((file) => !/node_modules|^suites\//.test(file))
    .sort((one, other) => rank(one) - rank(other) || (one < other ? -1 : 1))
}
