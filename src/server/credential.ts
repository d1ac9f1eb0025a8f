import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { ClassedError } from './error-class.ts'

/** A text that nobody may see, or where it is asked for each time, so that it may change while we run. */
export type Secret = string | { readonly file: string } | { readonly command: readonly string[] }

/** A secret, or libpq's password file, which has a line for each connection. */
export type Password = Secret | { readonly pgpass: string }

/** The file that a password stands in, if it does. */
export function fileOf(password: Password | undefined): string | undefined {
  if (typeof password !== 'object' || 'command' in password) return undefined
  return 'file' in password ? password.file : password.pgpass
}

/** Comes by a secret; throws with where it was looked for, never with what was found. */
export async function readSecret(secret: Secret, timeoutSeconds = 10): Promise<string> {
  if (typeof secret === 'string') return secret
  const [from, text] =
    'file' in secret ? [`file ${secret.file}`, readText(secret.file)] : [`command ${secret.command[0]}`, runCommand(secret, timeoutSeconds)]
  const found = await text.catch((error: Error) => {
    throw new ClassedError('auth', `the secret's ${from} fails: ${error.message}`)
  })
  // Editors and most tools end a text with a line break that is no part of it.
  const trimmed = found.replace(/[\r\n]+$/, '')
  if (trimmed === '') throw new ClassedError('auth', `the secret's ${from} is empty`)
  return trimmed
}

async function readText(file: string): Promise<string> {
  return await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new Error(`it cannot be read (${error.code})`)
  })
}

/** Runs a program without a shell. What it prints beside the secret, and Node's own message, may repeat the secret. */
function runCommand({ command: [program = '', ...args] }: Extract<Secret, { command: unknown }>, timeoutSeconds: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (reason: string) => reject(new Error(reason))
    const child = execFile(program, args, { killSignal: 'SIGKILL' }, (error, stdout) => {
      if (error === null) resolve(stdout)
      else fail(typeof error.code === 'number' ? `exit code ${error.code}` : String(error.code ?? error.signal))
    })
    child.stdin?.end()
    // Not execFile's own timeout: it would wait for whoever inherited the output.
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      child.stdout?.destroy()
      child.stderr?.destroy()
      fail(`no answer within ${timeoutSeconds} s`)
    }, timeoutSeconds * 1000)
    child.once('close', () => clearTimeout(timer))
  })
}
