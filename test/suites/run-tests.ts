import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { test } from 'tap'
import { claim, runFolder } from '../servers/run-folder.ts'

const tests = join(import.meta.dirname, '..')

/** The names of the files that take longest. They run first, so that all processes end at about the same time. */
const longest = [
  ...['main', 'doctor', 'reload', 'limits', 'queries', 'isolation', 'prometheus', 'demo', 'discovery', 'access', 'teams', 'tls'],
  ...['roles', 'refused', 'privileges', 'owners', 'libpq', 'failed-connections', 'counted', 'role-settings'],
  ...['replication-stages', 'statements', 'progress', 'tables', 'io-buffers', 'many-databases', 'replication-subscriptions', 'indexes']
]

/** Whether a file runs with `npm run test:catalogue` or `npm run test:grafana`, not with `npm test`, which takes less than two minutes. */
export function isSlow(file: string): boolean {
  const several = 'demo|encodings|not-permitted|owners|privileges|refused|sessions|config/libpq|doctor/(doctor|failed-connections|logging)'
  return new RegExp(`^(catalogue|access)/|^grafana/.*/|^(${several})\\.test`).test(file)
}

/**
 * Runs test files in this process, one after the other. Starting a process and loading the code takes a second of CPU,
 * more than most files need, so a few processes share all files: each takes the next file that no other has taken.
 * A file remains an ordinary tap test that also runs by itself.
 */
export async function runTests(isIncluded: (file: string) => boolean): Promise<void> {
  const folder = runFolder()
  for (const file of testFiles().filter(isIncluded)) {
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
