import { FileError } from '../files/call-file-system.ts'
import { readTextFile, statFile } from '../files/read-file.ts'
import { readSecret } from './credential.ts'
import { ClassedError } from './error-class.ts'
import { type Connection, isSocket } from './server.ts'

/** Reads the password of a connection; undefined if there is none. Throws a ClassedError. */
export async function readPassword(connection: Connection): Promise<string | undefined> {
  const { password } = connection
  if (password === undefined || typeof password === 'string') return password
  return 'pgpass' in password ? await findPassword(password.pgpass, connection) : await readSecret(password)
}

/**
 * Finds a password as libpq does: the first line `host:port:database:user:password` that matches, where `*` matches
 * everything. A file that group or others may read, or that pgvitals may not read, is ignored. Source: PostgreSQL's
 * documentation, "The Password File".
 */
async function findPassword(file: string, connection: Connection): Promise<string | undefined> {
  try {
    const { mode } = await statFile(file)
    if (process.platform !== 'win32' && (mode & 0o077n) !== 0n) return undefined
    const lines = (await readTextFile(file)).split(/\r?\n/)
    return lines.map(fieldsOf).find((fields) => matches(fields, connection))?.[4] || undefined
  } catch (error) {
    if (!(error instanceof FileError)) throw error
    if (error.isMissing || error.code === 'EACCES') return undefined
    throw new ClassedError('auth', `reading the password file ${file} failed: ${error.message}`)
  }
}

/** The fields of a line, with `\:` and `\\` unescaped. The password is the rest of the line and may contain colons. */
function fieldsOf(line: string): readonly string[] {
  if (line.startsWith('#')) return []
  const [, ...fields] = /^((?:\\.|[^:\\])*):((?:\\.|[^:\\])*):((?:\\.|[^:\\])*):((?:\\.|[^:\\])*):(.*)$/.exec(line) ?? []
  return fields.map((field) => field.replaceAll(/\\(.)/g, '$1'))
}

function matches(fields: readonly string[], { host, port, database, user }: Connection): boolean {
  // libpq looks up a socket in the default directory as localhost; pgvitals does so for every socket.
  const wanted = [isSocket(host) ? [host, 'localhost'] : [host], [String(port)], [database], [user]]
  return wanted.every((names, index) => fields[index] === '*' || names.includes(fields[index] ?? ''))
}
