import type { Choice } from './choose.ts'

/** One line for the log: which queries of a server run, and why the others do not. */
export function describeChoices(server: string, choices: readonly Choice[]): string {
  const running = new Set(choices.filter((choice) => choice.skipped === undefined).map(fileStem))
  const skipped = choices
    .filter((choice) => choice.skipped !== undefined)
    .map((choice) => `${choice.query.name}${choice.query.scope === 'database' ? ` in ${choice.database}` : ''} (${choice.skipped})`)
  const runs = running.size === 1 ? '1 query runs' : `${running.size} queries run`
  const parts = [running.size === 0 ? runs : `${runs}: ${[...running].join(', ')}`, skipped.length > 0 && `not run: ${skipped.join(', ')}`]
  return `server ${server}: ${parts.filter(Boolean).join('; ')}`
}

/** The variant's name as its file has it. */
function fileStem({ query }: Choice): string {
  return query.variant === undefined ? query.name : `${query.name}.${query.variant.join('.')}`
}
