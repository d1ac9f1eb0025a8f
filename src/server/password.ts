import { readFile, stat } from 'node:fs/promises'
import { readSecret } from './credential.ts'
import { type Connection, isSocket } from './server.ts'

/** Comes by the password of a connection; undefined where there is none to be found. */
export async function readPassword(connection: Connection): Promise<string | undefined> {
  const { password } = connection
  if (password === undefined || typeof password === 'string') return password
  return 'pgpass' in password ? await findPassword(password.pgpass, connection) : await readSecret(password)
}

/**
 * Looks a password up as libpq does: the first line `host:port:database:user:password` that fits, `*` fitting
 * everything; a file that others may read is passed over. Source: PostgreSQL's documentation, "The Password File".
 */
async function findPassword(file: string, connection: Connection): Promise<string | undefined> {
  try {
    const { mode } = await stat(file)
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) return undefined
    const lines = (await readFile(file, 'utf8')).split(/\r?\n/)
    const fitting = lines.map(fieldsOf).find((fields) => fits(fields, connection))
    return fitting?.[4] || undefined
  } catch {
    return undefined
  }
}

/** The fields of a line, with `\:` and `\\` in them read. */
function fieldsOf(line: string): readonly string[] {
  if (line.startsWith('#')) return []
  return [...line.matchAll(/((?:\\.|[^:\\])*)(?::|$)/g)].map(([, field = '']) => field.replaceAll(/\\(.)/g, '$1'))
}

function fits(fields: readonly string[], { host, port, database, user }: Connection): boolean {
  // A socket is also found under the name that its server has for clients of its machine.
  const wanted = [isSocket(host) ? [host, 'localhost'] : [host], [String(port)], [database], [user]]
  return wanted.every((names, index) => fields[index] === '*' || names.includes(fields[index] ?? ''))
}
