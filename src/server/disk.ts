import { statfs } from 'node:fs/promises'
import { callFileSystem } from '../files/call-file-system.ts'

/** The size of a file system and the space that is free for an unprivileged process. */
export interface DiskSize {
  readonly totalBytes: number
  readonly freeBytes: number
}

/** Reads the size of the file system that contains a path. Throws a FileError. */
export async function readDiskSize(path: string): Promise<DiskSize> {
  const { bsize, blocks, bavail } = await callFileSystem(path, () => statfs(path))
  return { totalBytes: blocks * bsize, freeBytes: Math.max(0, bavail) * bsize }
}
