import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { recordings } from '../../../grafana/source/rules/recording.ts'
import { walk } from '../promql/expression.ts'
import { parseExpression } from '../promql/parse-expression.ts'

/** A test in the format of promtool. */
export interface PromtoolTest {
  readonly interval: string
  readonly input_series: readonly object[]
  readonly alert_rule_test?: readonly object[]
  readonly promql_expr_test?: readonly object[]
}

/** Rules and their promtool tests. */
export interface Job {
  readonly name: string
  readonly rules: readonly object[]
  /** The expression of the rules; the recording rules that it reads are added. */
  readonly expression: string
  readonly tests: readonly PromtoolTest[]
  readonly stepMinutes: number
}

/** Runs the jobs with two promtool processes. Returns the error output by job, empty if the job passes. */
export async function runPromtool(jobs: readonly Job[]): Promise<ReadonlyMap<string, string>> {
  const folder = mkdtempSync(join(tmpdir(), 'pgvitals-rules-'))
  try {
    const files = jobs.map((job, index) => {
      const rules = `${index}.rules.yml`
      const file = join(folder, `${index}.test.yml`)
      const { groups, test } = inputOf(job)
      writeFileSync(join(folder, rules), stringify({ groups }))
      writeFileSync(file, stringify({ rule_files: [rules], ...test }, { aliasDuplicateObjects: false }))
      return file
    })
    const halves = [0, 1].map((half) => files.filter((_, index) => index % 2 === half))
    const [even = [], odd = []] = await Promise.all(halves.map(testRules))
    return new Map(jobs.map(({ name }, index) => [name, (index % 2 === 0 ? even : odd)[Math.floor(index / 2)] ?? 'no output of promtool']))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The rules and the test of a job, as promtool reads them. */
function inputOf({ rules, expression, tests, stepMinutes }: Job) {
  const groups = [
    { name: 'recorded', rules: recordedFor(expression) },
    { name: 'alerts', rules }
  ].filter((group) => group.rules.length > 0)
  // Without the order, promtool evaluates the groups in random order.
  return { groups, test: { evaluation_interval: `${stepMinutes}m`, group_eval_order: groups.map(({ name }) => name), tests } }
}

/** The SHA-256 of what promtool reads for the job: jobs with the same digest have the same result. */
export function digestOf(job: Job): string {
  return createHash('sha256')
    .update(JSON.stringify(inputOf(job)))
    .digest('hex')
}

/** The error output of each file in order, empty if it passes. stdout and stderr are merged to preserve the order. */
function testRules(files: readonly string[]): Promise<readonly string[]> {
  if (files.length === 0) return Promise.resolve([])
  return new Promise((resolve) => {
    // Collecting garbage less often saves a fifth of the CPU time.
    const env = { ...process.env, GOGC: '400' }
    execFile('sh', ['-c', 'exec promtool test rules "$@" 2>&1', 'sh', ...files], { maxBuffer: 1e9, env }, (_, output) => {
      const results = output.split(/^ {2}(?=SUCCESS$|FAILED:$)/m).slice(1)
      resolve(results.map((result) => (result.startsWith('SUCCESS') ? '' : result.trim())))
    })
  })
}

/** The recording rules that an expression reads, directly or through other recording rules. */
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
