import { readFileSync } from 'node:fs'
import type { Secret } from '../server/credential.ts'
import type { SecretShape } from './file-shape.ts'
import type { Path } from './located-yaml.ts'
import type { Reading } from './reading.ts'

/** Turns a secret of the file into where it is asked for; undefined when it cannot be right, which is told. */
export function readDeclaredSecret(shape: SecretShape, path: Path, reading: Reading): Secret | undefined {
  if (typeof shape === 'string') return shape
  const { env, file, command } = shape
  if (env !== undefined) {
    const value = reading.environment[env]
    if (!value) reading.file.tell([...path, 'env'], `names the environment variable ${env}, which is not set`)
    return value
  }
  if (command !== undefined) return { command }
  if (file === undefined) return undefined
  const text = readDeclaredFile(file, [...path, 'file'], reading)
  if (text?.trim() === '') reading.file.tell([...path, 'file'], `names ${file}, which is empty`)
  return { file: reading.file.resolve(file) }
}

/** Reads a file that the configuration names, and has it watched; undefined when it cannot be read, which is told. */
export function readDeclaredFile(name: string, path: Path, { file, files }: Reading): string | undefined {
  const resolved = file.resolve(name)
  files.add(resolved)
  try {
    return readFileSync(resolved, 'utf8')
  } catch (error) {
    file.tell(path, `names ${name}, which cannot be read: ${(error as Error).message}`)
    return undefined
  }
}
