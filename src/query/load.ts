import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkTogether } from './check.ts'
import { parseQuery } from './parse.ts'
import type { Query } from './query.ts'

/** The folder of the built-in queries; right from `src/` and from `dist/`. */
export const builtInFolder = fileURLToPath(new URL('../../queries/', import.meta.url))

/**
 * Reads the built-in queries and, when given, a user's own folder.
 * Throws an AggregateError of every mistake in every file, each with file and line.
 */
export function loadQueries(userFolder?: string): readonly Query[] {
  const mistakes: Error[] = []
  const builtIn = readFolder(builtInFolder, mistakes)
  const user = userFolder === undefined ? [] : readFolder(userFolder, mistakes)
  mistakes.push(...checkTogether(builtIn, user))
  if (mistakes.length > 0) throw new AggregateError(mistakes, mistakes.map((mistake) => mistake.message).join('\n'))
  return [...builtIn, ...user]
}

function readFolder(folder: string, mistakes: Error[]): readonly Query[] {
  const queries: Query[] = []
  try {
    for (const file of readdirSync(folder).sort()) {
      if (!file.endsWith('.sql')) continue
      const path = join(folder, file)
      try {
        queries.push(parseQuery(path, readFileSync(path, 'utf8')))
      } catch (error) {
        mistakes.push(...(error instanceof AggregateError ? error.errors : [error]))
      }
    }
  } catch (error) {
    mistakes.push(new Error(`${folder}: the folder of queries cannot be read: ${(error as Error).message}`, { cause: error }))
  }
  return queries
}
