import type { Choice } from './choose.ts'

/** One line for the log: which queries of a server run, and why the others do not. */
export function describeChoices(server: string, choices: readonly Choice[]): string {
  const running = new Set(choices.filter((choice) => choice.skipped === undefined).map(fileStem))
  const skipped = choices
    .filter((choice) => choice.skipped !== undefined)
    .map((choice) => `${choice.query.name}${choice.query.scope === 'database' ? ` in ${choice.database}` : ''} (${choice.skipped})`)
  const rest = skipped.length === 0 ? 'all fit' : `not run: ${skipped.join(', ')}`
  return `server ${server}: ${running.size} queries run: ${[...running].join(', ')}; ${rest}`
}

/** The variant's name as its file has it. */
function fileStem({ query }: Choice): string {
  return query.variant === undefined ? query.name : `${query.name}.${query.variant.join('.')}`
}
