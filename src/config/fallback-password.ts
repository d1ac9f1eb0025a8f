import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Password } from '../server/credential.ts'
import type { Reading } from './reading.ts'

/** Where libpq looks for a password that is not configured. Source: PostgreSQL's documentation, "The Password File". */
export function fallbackPassword({ environment, files }: Reading): Password {
  if (environment.PGPASSWORD) return environment.PGPASSWORD
  const pgpass = environment.PGPASSFILE ? resolve(environment.PGPASSFILE) : join(homedir(), '.pgpass')
  files.add(pgpass)
  return { pgpass }
}
