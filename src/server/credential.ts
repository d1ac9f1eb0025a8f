import { readTextFile } from '../files/read-file.ts'
import { ClassedError } from './error-class.ts'
import { runCommand } from './run-command.ts'

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
      ? [`reading the secret from file ${secret.file}`, readTextFile(secret.file)]
      : [`running the secret's command ${secret.command[0]}`, runCommand(secret.command, timeoutSeconds)]
  const found = await text.catch((error: Error) => {
    throw new ClassedError('auth', `${action} failed: ${error.message}`)
  })
  // Editors and most tools end a file with a line break that does not belong to the secret.
  const trimmed = found.replace(/[\r\n]+$/, '')
  if (trimmed === '') throw new ClassedError('auth', `${action} failed: it is empty`)
  return trimmed
}
