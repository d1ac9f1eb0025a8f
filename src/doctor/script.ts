import { connectCommand } from './connect-command.ts'
import { escapeControls, hasControls } from './escape-controls.ts'
import type { Problem, Step } from './problem.ts'
import type { Platform } from './surroundings.ts'

/** The statements that mend these problems, for psql: each once on a line of its own, those of one database together. */
export function writeScript(problems: readonly Problem[], platform: Platform): string {
  const steps = problems.filter(({ kind }) => kind === 'wrong').flatMap((problem) => problem.steps)
  const named = new Set(steps.flatMap(({ database }) => database ?? []))
  return [undefined, ...named]
    .flatMap((database) => {
      const lines = new Set(steps.filter((step) => step.database === database).map((step) => lineOf(step, platform)))
      if (database === undefined) return [...lines]
      return hasControls(database) ? [leftOut('the steps for the database', database)] : [connectCommand(database), ...lines]
    })
    .join('\n')
}

function lineOf({ sql, rds }: Step, platform: Platform): string {
  const line = platform === 'rds' ? (rds ?? sql) : sql
  return hasControls(line) ? leftOut('the statement', line) : line
}

/** Whoever may create a database chooses its name, and behind a line break psql would take the rest as a command. */
function leftOut(what: string, text: string): string {
  return `-- left out, since a name with control characters is not safe here: ${what} ${escapeControls(JSON.stringify(text))}`
}
