import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { readConfig } from '../../src/config/config.ts'
import { type Diagnosis, diagnose } from '../../src/doctor/doctor.ts'
import { loadQueries } from '../../src/query/load.ts'
import type { TestServer } from '../servers/start-server.ts'

const queries = loadQueries()

/** What doctor says in this environment. */
export function runDoctor(environment: Readonly<Record<string, string>>): Promise<Diagnosis> {
  return diagnose(readConfig(environment).servers, queries)
}

/** What is wrong, one line each, databases first. */
export function wrongOf({ servers }: Diagnosis): readonly string[] {
  return servers.flatMap(({ wrong }) => wrong.map(({ databases, text }) => `${databases.join(', ')}: ${text}`))
}

/** Runs the script that doctor printed with psql as superuser, the password filled in; answers the script. */
export async function runScript(server: TestServer, { servers }: Diagnosis, doesRoleExist = false): Promise<string> {
  const script = servers.map(({ scripts }) => scripts.postgresql).join('\n')
  const lines = script.replaceAll('…', 'secret').split('\n')
  // The choice that the script leaves to its reader.
  const chosen = doesRoleExist
    ? lines.filter((line) => !line.startsWith('create role')).map((line) => line.replace('-- if the role exists: ', ''))
    : lines
  const environment = { ...process.env, PGPASSWORD: 'secret' }
  const arguments_ = ['-X', '-v', 'ON_ERROR_STOP=1', '-q', ...chosen.flatMap((line) => ['-c', line])]
  await promisify(execFile)('psql', [...arguments_, server.url('postgres')], { env: environment })
  return script
}
