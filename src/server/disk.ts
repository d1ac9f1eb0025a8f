import { statfs } from 'node:fs/promises'

/** The size of a file system and the space that is free for an unprivileged process. */
export interface DiskSize {
  readonly totalBytes: number
  readonly freeBytes: number
}

/** Reads the size of the file system that contains a path. Throws the error of statfs; does not return while the file system hangs. */
export async function readDiskSize(path: string): Promise<DiskSize> {
  const { bsize, blocks, bavail } = await statfs(path)
  return { totalBytes: blocks * bsize, freeBytes: Math.max(0, bavail) * bsize }
}
