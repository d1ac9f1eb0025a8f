import { FileError } from './call-file-system.ts'
import { listFolder, readTextFile } from './read-file.ts'

/** The files that a configuration refers to. */
export interface Files {
  /** The text of a file. Throws a FileError. */
  readonly text: (path: string, maxBytes?: number) => string
  /** The names in a folder, sorted. Throws a FileError. */
  readonly list: (path: string) => readonly string[]
}

/** The absence of all files. */
export const noFiles: Files = { text: throwMissing, list: throwMissing }

/** One error for all, because a stack for each of many files would take long. */
const missing = new FileError('the file does not exist', 'ENOENT')

function throwMissing(): never {
  throw missing
}

/**
 * Runs a synchronous function on files that are read asynchronously: the function runs again until every file that it refers
 * to has been read, once each. In the earlier runs, unread files are missing. The function must not have effects. `prepare` is
 * called with each text, before the function receives it.
 */
export async function withFiles<Value>(
  run: (files: Files) => Value,
  prepare: (path: string, text: string) => Promise<void> = async () => {}
): Promise<Value> {
  const texts = createMemory(async (path, maxBytes) => {
    const text = await readTextFile(path, maxBytes)
    await prepare(path, text)
    return text
  })
  const lists = createMemory(listFolder)
  const files = { text: texts.get, list: lists.get }
  for (;;) {
    let failure: { readonly error: unknown } | undefined
    let value: Value | undefined
    try {
      value = run(files)
    } catch (error) {
      failure = { error }
    }
    const reads = [...texts.wanted(), ...lists.wanted()]
    if (reads.length > 0) await Promise.all(reads)
    else if (failure !== undefined) throw failure.error
    else return value as Value
  }
}

/** Keeps the result of a function for each path, and the paths that were requested but not read yet. */
function createMemory<Content>(read: (path: string, maxBytes?: number) => Promise<Content>) {
  const known = new Map<string, Content | FileError>()
  const wanted = new Map<string, number | undefined>()
  return {
    get: (path: string, maxBytes?: number): Content => {
      const content = known.get(path)
      if (content instanceof FileError) throw content
      if (content !== undefined) return content
      wanted.set(path, maxBytes)
      return throwMissing()
    },
    wanted: (): readonly Promise<void>[] => {
      const calls = [...wanted].map(async ([path, maxBytes]) => {
        const content = await read(path, maxBytes).catch((error: unknown) => {
          if (error instanceof FileError) return error
          throw error
        })
        known.set(path, content)
      })
      wanted.clear()
      return calls
    }
  }
}
