import { execFile } from 'node:child_process'
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
    const files = jobs.map(({ rules, expression, tests, stepMinutes }, index) => {
      const groups = [
        { name: 'recorded', rules: recordedFor(expression) },
        { name: 'alerts', rules }
      ].filter((group) => group.rules.length > 0)
      writeFileSync(join(folder, `${index}.rules.yml`), stringify({ groups }))
      const file = join(folder, `${index}.test.yml`)
      writeFileSync(
        file,
        stringify(
          {
            rule_files: [`${index}.rules.yml`],
            evaluation_interval: `${stepMinutes}m`,
            // Without it, promtool evaluates the groups in random order.
            group_eval_order: groups.map(({ name }) => name),
            tests
          },
          { aliasDuplicateObjects: false }
        )
      )
      return file
    })
    const halves = [0, 1].map((half) => files.filter((_, index) => index % 2 === half))
    const [even = [], odd = []] = await Promise.all(halves.map(testRules))
    return new Map(jobs.map(({ name }, index) => [name, (index % 2 === 0 ? even : odd)[Math.floor(index / 2)] ?? 'no output of promtool']))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The error output of each file in order, empty if it passes. stdout and stderr are merged to preserve the order. */
function testRules(files: readonly string[]): Promise<readonly string[]> {
  if (files.length === 0) return Promise.resolve([])
  return new Promise((resolve) => {
    execFile('sh', ['-c', 'exec promtool test rules "$@" 2>&1', 'sh', ...files], { maxBuffer: 1e9 }, (_, output) => {
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
