import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkTogether } from './check.ts'
import { parseQuery } from './parse.ts'
import type { Query } from './query.ts'

/** The folder of the built-in queries. The relative path is correct from `src/` and from `dist/`. */
export const builtInFolder = fileURLToPath(new URL('../../queries/', import.meta.url))

/** The built-in queries. The files of the package do not change, so that only the first call reads them. */
let builtIn: readonly Query[] | undefined

/**
 * Reads the built-in queries and, if given, the user's folder.
 * Throws an AggregateError of all errors in all files, each with file and line.
 */
export function loadQueries(userFolder?: string): readonly Query[] {
  builtIn ??= load(builtInFolder, [])
  return userFolder === undefined ? builtIn : [...builtIn, ...load(userFolder, builtIn)]
}

/** Reads the queries of a folder and checks them, together with the built-in queries if the folder is the user's. */
function load(folder: string, others: readonly Query[]): readonly Query[] {
  const errors: Error[] = []
  const queries = readFolder(folder, errors)
  errors.push(...checkTogether(others, queries))
  if (errors.length > 0) throw new AggregateError(errors, errors.map((error) => error.message).join('\n'))
  return queries
}

function readFolder(folder: string, errors: Error[]): readonly Query[] {
  const queries: Query[] = []
  try {
    for (const file of readdirSync(folder).sort()) {
      if (!file.endsWith('.sql')) continue
      const path = join(folder, file)
      try {
        queries.push(parseQuery(path, readFileSync(path, 'utf8')))
      } catch (error) {
        errors.push(...(error instanceof AggregateError ? error.errors : [error]))
      }
    }
  } catch (error) {
    errors.push(new Error(`${folder}: cannot read the folder of queries: ${(error as Error).message}`, { cause: error }))
  }
  return queries
}
