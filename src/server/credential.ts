import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { ClassedError } from './error-class.ts'

/** A secret in plain text, or its source, which may change while the process runs. */
export type Secret = string | { readonly file: string } | { readonly command: readonly string[] }

/** A secret, or a libpq password file with one line per connection. */
export type Password = Secret | { readonly pgpass: string }

/** The file from which a password is read, if any. */
export function fileOf(password: Password | undefined): string | undefined {
  if (typeof password !== 'object' || 'command' in password) return undefined
  return 'file' in password ? password.file : password.pgpass
}

/** Reads a secret. Errors name its source, never its value. */
export async function readSecret(secret: Secret, timeoutSeconds = 10): Promise<string> {
  if (typeof secret === 'string') return secret
  const [action, text] =
    'file' in secret
      ? [`reading the secret from file ${secret.file}`, readText(secret.file)]
      : [`running the secret's command ${secret.command[0]}`, runCommand(secret.command, timeoutSeconds)]
  const found = await text.catch((error: Error) => {
    throw new ClassedError('auth', `${action} failed: ${error.message}`)
  })
  // Editors and most tools end a file with a line break that does not belong to the secret.
  const trimmed = found.replace(/[\r\n]+$/, '')
  if (trimmed === '') throw new ClassedError('auth', `${action} failed: it is empty`)
  return trimmed
}

async function readText(file: string): Promise<string> {
  return await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new Error(String(error.code))
  })
}

/** Runs a program without a shell. Its error output and Node's error message are dropped, because both may repeat the secret. */
function runCommand([program = '', ...args]: readonly string[], timeoutSeconds: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (reason: string) => reject(new Error(reason))
    const child = execFile(program, args, { killSignal: 'SIGKILL' }, (error, stdout) => {
      if (error === null) resolve(stdout)
      else fail(typeof error.code === 'number' ? `exit code ${error.code}` : String(error.code ?? error.signal))
    })
    child.stdin?.end()
    // The timeout of execFile would wait for every process that inherited the output.
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      child.stdout?.destroy()
      child.stderr?.destroy()
      fail(`no output within ${timeoutSeconds} s`)
    }, timeoutSeconds * 1000)
    child.once('close', () => clearTimeout(timer))
  })
}
