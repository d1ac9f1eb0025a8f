import type { BigIntStats, Stats } from 'node:fs'
import { constants, open, readdir, stat } from 'node:fs/promises'
import { callFileSystem, FileError, fileError } from './call-file-system.ts'

/** The default limit of a file. A bundle of all public certificate authorities has 0.2 MiB. */
const defaultMaxBytes = 1024 ** 2

/**
 * Reads a text file in UTF-8. Reads only regular files, after following symbolic links, because a named pipe or a device may
 * block or never end. Throws a FileError.
 */
export async function readTextFile(path: string, maxBytes = defaultMaxBytes): Promise<string> {
  return await callFileSystem(path, () => readRegularFile(path, maxBytes))
}

/** The state of a file, after following symbolic links. Throws a FileError. */
export async function statFile(path: string): Promise<BigIntStats> {
  return await callFileSystem(path, () => stat(path, { bigint: true }))
}

/** The names in a folder, sorted. Throws a FileError. */
export async function listFolder(path: string): Promise<readonly string[]> {
  return (await callFileSystem(path, () => readdir(path))).sort()
}

async function readRegularFile(path: string, maxBytes: number): Promise<string> {
  // Without O_NONBLOCK, opening a named pipe waits for a process that writes into it.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY).catch(async (error) => {
    // The user may not read the file, or may not search its folder and thus not know whether it exists.
    throw error.code === 'EACCES' ? fileError(error, !(await exists(path))) : error
  })
  try {
    const stats = await file.stat()
    if (!stats.isFile()) throw notRegular(stats)
    // One byte more than expected: the last read then finds the end. Files of /proc have the size 0, and a file may grow.
    let buffer = Buffer.allocUnsafe(Math.min(Math.max(stats.size, 1023), maxBytes) + 1)
    let length = 0
    for (;;) {
      if (Math.max(stats.size, length) > maxBytes) throw new FileError(`it is larger than ${maxBytes / 1024 ** 2} MiB`)
      if (length === buffer.length) buffer = Buffer.concat([buffer], Math.min(2 * length, maxBytes + 1))
      const { bytesRead } = await file.read(buffer, length)
      if (bytesRead === 0) return buffer.toString('utf8', 0, length)
      length += bytesRead
    }
  } finally {
    await file.close()
  }
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false
  )
}

function notRegular(stats: Stats): FileError {
  if (stats.isDirectory()) return new FileError('it is a directory, not a file', 'EISDIR')
  return new FileError(`it is ${stats.isFIFO() ? 'a named pipe' : 'a device'}, not a regular file`)
}
