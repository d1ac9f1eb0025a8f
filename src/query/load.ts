import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { FileError } from '../files/call-file-system.ts'
import type { Files } from '../files/files.ts'
import { checkTogether } from './check.ts'
import { parseQuery } from './parse.ts'
import type { Query } from './query.ts'

/** The folder of the built-in queries. The relative path is correct from `src/` and from `dist/`. */
export const builtInFolder = fileURLToPath(new URL('../../queries/', import.meta.url))

/** The files of the package. Like its modules, they are read synchronously; reading them asynchronously would delay the start. */
const packageFiles: Files = { text: (path) => readFileSync(path, 'utf8'), list: (path) => readdirSync(path).sort() }

/** The built-in queries. The files of the package do not change, so that only the first call reads them. */
let builtIn: readonly Query[] | undefined

/**
 * Reads the built-in queries and, if given, a folder of the user.
 * Throws an AggregateError of all errors in all files, each with file and line.
 */
export function loadQueries(user?: { readonly folder: string; readonly files: Files }): readonly Query[] {
  builtIn ??= load(builtInFolder, [], packageFiles)
  return user === undefined ? builtIn : [...builtIn, ...load(user.folder, builtIn, user.files)]
}

/** Reads the queries of a folder and checks them, together with the built-in queries if the folder is the user's. */
function load(folder: string, others: readonly Query[], files: Files): readonly Query[] {
  const errors: Error[] = []
  const queries = readFolder(folder, files, errors)
  errors.push(...checkTogether(others, queries))
  if (errors.length > 0) throw new AggregateError(errors, errors.map((error) => error.message).join('\n'))
  return queries
}

function readFolder(folder: string, files: Files, errors: Error[]): readonly Query[] {
  const queries: Query[] = []
  try {
    for (const file of files.list(folder)) {
      if (!file.endsWith('.sql')) continue
      const path = join(folder, file)
      try {
        queries.push(parseQuery(path, files.text(path)))
      } catch (error) {
        if (error instanceof FileError) errors.push(new Error(`${path}: cannot read the file: ${error.message}`, { cause: error }))
        else errors.push(...(error instanceof AggregateError ? error.errors : [error]))
      }
    }
  } catch (error) {
    errors.push(new Error(`${folder}: cannot read the folder of queries: ${(error as Error).message}`, { cause: error }))
  }
  return queries
}
