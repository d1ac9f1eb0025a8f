import { readFile, stat } from 'node:fs/promises'
import { readSecret } from './credential.ts'
import { type Connection, isSocket } from './server.ts'

/** Reads the password of a connection; undefined if there is none. Throws the errors of `readSecret`. */
export async function readPassword(connection: Connection): Promise<string | undefined> {
  const { password } = connection
  if (password === undefined || typeof password === 'string') return password
  return 'pgpass' in password ? await findPassword(password.pgpass, connection) : await readSecret(password)
}

/**
 * Finds a password as libpq does: the first line `host:port:database:user:password` that matches, where `*` matches
 * everything. A file that group or others may read is ignored. Source: PostgreSQL's documentation, "The Password File".
 */
async function findPassword(file: string, connection: Connection): Promise<string | undefined> {
  try {
    const { mode } = await stat(file)
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) return undefined
    const lines = (await readFile(file, 'utf8')).split(/\r?\n/)
    return lines.map(fieldsOf).find((fields) => matches(fields, connection))?.[4] || undefined
  } catch {
    return undefined
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
