import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, release, totalmem } from 'node:os'
import { progress } from './progress.ts'
import { type Conditions, type SectionName, updateReport } from './report.ts'

/** Reads the load before a run, and warns if the machine is not idle. */
export function readLoad(): Pick<Conditions, 'load' | 'idleLoad'> {
  const load = loadavg()[0] ?? 0
  const idleLoad = 0.5
  if (load > idleLoad) progress(`the machine is not idle: load average ${load.toFixed(2)}`)
  return { load, idleLoad }
}

export function describeRun(
  root: string,
  postgres: string,
  others: readonly string[] = []
): Pick<Conditions, 'machine' | 'versions' | 'date'> {
  const git = (...args: string[]) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim()
  const commit = git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain', '--', 'src', 'queries') === '' ? '' : ' with changes')
  return {
    machine: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Linux ${release()}`,
    versions: [`pgvitals ${commit}`, ...others, `PostgreSQL ${postgres}`, `Node.js ${process.version.slice(1)}`].join(', '),
    date: `${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC`
  }
}

/** Prints a section and writes it to the report. */
export function writeSection(output: string, name: SectionName, section: string): void {
  process.stdout.write(`${section}\n\n`)
  const previous = existsSync(output) ? readFileSync(output, 'utf8') : ''
  writeFileSync(output, updateReport(previous, new Map([[name, section]])))
}
