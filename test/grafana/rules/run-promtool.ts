import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { recordings } from '../../../grafana/source/rules/recording.ts'
import { walk } from '../promql/expression.ts'
import { parseExpression } from '../promql/parse-expression.ts'

/** Rules with a test of theirs. */
export interface Job {
  readonly name: string
  readonly rules: readonly object[]
  /** What the rules read, so that their recording rules come along. */
  readonly expression: string
  readonly tests: readonly object[]
  readonly stepMinutes: number
}

/** What promtool says of each job: nothing when it passes. All in one run for each processor. */
export async function runPromtool(jobs: readonly Job[]): Promise<ReadonlyMap<string, string>> {
  const folder = mkdtempSync(join(tmpdir(), 'pgvitals-rules-'))
  try {
    const files = jobs.map(({ rules, expression, tests, stepMinutes }, index) => {
      const groups = [
        { name: 'recorded', rules: recordedFor(expression) },
        { name: 'alerts', rules }
      ].filter((group) => group.rules.length > 0)
      writeFileSync(join(folder, `${index}.rules.yml`), stringify({ groups }))
      const file = join(folder, `${index}.test.yml`)
      writeFileSync(
        file,
        stringify({ rule_files: [`${index}.rules.yml`], evaluation_interval: `${stepMinutes}m`, tests }, { aliasDuplicateObjects: false })
      )
      return file
    })
    const halves = [files.filter((_, index) => index % 2 === 0), files.filter((_, index) => index % 2 === 1)]
    const said = (await Promise.all(halves.filter((half) => half.length > 0).map(testRules))).join('\n')
    return new Map(jobs.map(({ name }, index) => [name, answerOf(said, `${join(folder, String(index))}.test.yml`)]))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function testRules(files: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile('promtool', ['test', 'rules', ...files], { maxBuffer: 1e9 }, (_, stdout, stderr) => resolve(byFile(stdout, stderr)))
  })
}

/** promtool names the files on one stream and their failures on the other, in the same order; both hold one part for each file. */
function byFile(stdout: string, stderr: string): string {
  const failures = stderr.split(/^ {2}FAILED:$/m).slice(1)
  return stdout
    .split(/^Unit Testing:\s+/m)
    .slice(1)
    .map((part) => {
      const [file = '', ...rest] = part.split('\n')
      return `Unit Testing: ${file.trim()}\n${rest.some((line) => line.includes('SUCCESS')) ? 'SUCCESS' : (failures.shift() ?? 'FAILED')}`
    })
    .join('\n')
}

function answerOf(said: string, file: string): string {
  const [, part = 'promtool said nothing'] = said.split(`Unit Testing: ${file}\n`)
  const [own = ''] = part.split('Unit Testing:')
  return own.trim() === 'SUCCESS' ? '' : own.trim()
}

/** The recording rules that an expression reads, and those that these read. */
export function recordedFor(expression: string): readonly object[] {
  const all = Object.values(recordings).flat()
  const wanted = new Set<string>()
  const add = (text: string) => {
    for (const [part] of walk(parseExpression(text))) {
      if (part.kind !== 'selector' || wanted.has(part.metric)) continue
      for (const rule of all.filter(({ record }) => record === part.metric)) {
        wanted.add(part.metric)
        add(rule.expression)
      }
    }
  }
  add(expression)
  return all
    .filter(({ record }) => wanted.has(record))
    .map(({ record, expression: expr, labels }) => ({ record, expr, ...(labels === undefined ? {} : { labels }) }))
}
