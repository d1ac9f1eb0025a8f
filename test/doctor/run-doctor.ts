import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { type Diagnosis, diagnose } from '../../src/doctor/doctor.ts'
import { loadQueries } from '../../src/query/load.ts'
import { readConfig } from '../config/read-config.ts'
import type { RunningServer } from '../servers/start-server.ts'

const queries = loadQueries()

/** Runs doctor in this environment. */
export function runDoctor(environment: Readonly<Record<string, string>>): Promise<Diagnosis> {
  return diagnose(readConfig(environment).servers, queries)
}

/** The errors, one line each, databases first. */
export function errorsOf({ servers }: Diagnosis): readonly string[] {
  return servers.flatMap(({ errors }) => errors.map(({ databases, text }) => `${databases.join(', ')}: ${text}`))
}

/** Runs the fix with psql as superuser, with the password filled in. Returns the script. */
export async function runScript(server: RunningServer, { servers }: Diagnosis, doesRoleExist = false): Promise<string> {
  const script = servers.map(({ scripts }) => scripts.postgresql).join('\n')
  const lines = script.replaceAll('…', 'secret').split('\n')
  // The script leaves this choice to its reader.
  const chosen = doesRoleExist
    ? lines.filter((line) => !line.startsWith('create role')).map((line) => line.replace('-- if the role exists: ', ''))
    : lines
  const environment = { ...process.env, PGPASSWORD: 'secret' }
  const arguments_ = ['-X', '-v', 'ON_ERROR_STOP=1', '-q', ...chosen.flatMap((line) => ['-c', line])]
  await promisify(execFile)('psql', [...arguments_, server.url('postgres')], { env: environment })
  return script
}
