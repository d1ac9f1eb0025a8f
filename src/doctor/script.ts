import { quoteIdentifier } from './identifier.ts'
import type { Problem, Step } from './problem.ts'
import type { Platform } from './surroundings.ts'

/** The statements that mend these problems, for psql: each once, those of one database together. */
export function writeScript(problems: readonly Problem[], platform: Platform): string {
  const steps = problems.filter(({ kind }) => kind === 'wrong').flatMap((problem) => problem.steps)
  const named = new Set(steps.flatMap(({ database }) => database ?? []))
  return [undefined, ...named]
    .flatMap((database) => {
      const lines = new Set(steps.filter((step) => step.database === database).map((step) => lineOf(step, platform)))
      return [...(database === undefined ? [] : [`\\connect ${quoteIdentifier(database)}`]), ...lines]
    })
    .join('\n')
}

function lineOf({ sql, rds }: Step, platform: Platform): string {
  return platform === 'rds' ? (rds ?? sql) : sql
}
