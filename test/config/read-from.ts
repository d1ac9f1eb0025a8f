import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Test } from 'tap'
import type { Config } from '../../src/config/config.ts'
import { readConfig } from './read-config.ts'

/** Writes `pgvitals.yaml` and other files into a new folder and reads the configuration there. */
export function readFrom(t: Test, yaml: string, environment: NodeJS.ProcessEnv = {}, files: Readonly<Record<string, string>> = {}): Config {
  const folder = mkdtempSync(join(tmpdir(), 'pgvitals-config-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  for (const [name, text] of Object.entries({ ...files, 'pgvitals.yaml': yaml })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return readConfig({ PGPASSFILE: '/nowhere', ...environment, PGVITALS_CONFIG: join(folder, 'pgvitals.yaml') })
}

/** The error messages, without the folder of the file. */
export function errorsOf(
  t: Test,
  yaml: string,
  environment?: NodeJS.ProcessEnv,
  files?: Readonly<Record<string, string>>
): readonly string[] {
  try {
    readFrom(t, yaml, environment, files)
    return []
  } catch (error) {
    return (error as AggregateError).errors.map(({ message }: Error) => message.replaceAll(/\S*\/pgvitals\.yaml/g, 'pgvitals.yaml'))
  }
}
