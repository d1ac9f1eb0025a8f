import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { ClassedError } from './error-class.ts'

/** A password, or where it is asked for at every connect, so that it may change while we run. */
export type Secret = string | { readonly file: string } | { readonly command: readonly string[] }

const run = promisify(execFile)
const commandTimeoutSeconds = 10

/** Comes by the password; throws with where it was looked for, never with what was found. */
export async function readSecret(secret: Secret | undefined): Promise<string | undefined> {
  if (secret === undefined || typeof secret === 'string') return secret
  if ('file' in secret)
    return trimmed(await readFile(secret.file, 'utf8').catch(fails(`the password's file ${secret.file} cannot be read`)))
  const [program = '', ...args] = secret.command
  const { stdout } = await run(program, args, { timeout: commandTimeoutSeconds * 1000 }).catch(
    fails(`the password's command ${program} failed`)
  )
  return trimmed(stdout)
}

/** Editors and most tools end a file with a line break that is no part of the password. */
function trimmed(text: string): string {
  return text.replace(/\r?\n$/, '')
}

function fails(message: string): (error: unknown) => never {
  return (error) => {
    throw new ClassedError('auth', `${message}: ${reasonOf(error)}`, { cause: error })
  }
}

/** Node's own message repeats the whole command line, which may hold a secret. */
function reasonOf(error: unknown): string {
  const { code, killed } = error as { code?: string | number; killed?: boolean }
  if (killed) return `no answer within ${commandTimeoutSeconds} s`
  return typeof code === 'number' ? `exit code ${code}` : (code ?? 'unknown reason')
}
