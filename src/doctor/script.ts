import { quoteIdentifier } from '../server/identifier.ts'
import { escapeControls, hasControls } from './control-characters.ts'
import type { Finding, Step } from './finding.ts'
import type { Platform } from './session-details.ts'

/** The fixes of all errors as a psql script: one line per step without duplicates, grouped by database. */
export function writeScript(findings: readonly Finding[], platform: Platform): string {
  const steps = findings.filter(({ severity }) => severity === 'error').flatMap(({ fix }) => fix)
  const named = new Set(steps.flatMap(({ database }) => database ?? []))
  return [undefined, ...named]
    .flatMap((database) => {
      const lines = new Set(steps.filter((step) => step.database === database).map((step) => lineOf(step, platform)))
      if (database === undefined) return [...lines]
      return hasControls(database) ? [omitted('the steps for database', database)] : [connectCommand(database), ...lines]
    })
    .join('\n')
}

function lineOf({ sql, rds }: Step, platform: Platform): string {
  const line = platform === 'rds' ? (rds ?? sql) : sql
  return hasControls(line) ? omitted('the statement', line) : line
}

/** Anyone who may create a database chooses its name, and psql would execute what follows a line break in it. */
function omitted(what: string, text: string): string {
  return `-- omitted, because a name contains control characters: ${what} ${escapeControls(JSON.stringify(text))}`
}

/** The psql command that connects to another database of the same server. */
function connectCommand(database: string): string {
  if (/^[\w-]+$/.test(database)) return `\\connect ${quoteIdentifier(database)}`
  // psql would parse a name such as `host=elsewhere` as a connection string. pg_dump does the same since CVE-2016-5424.
  const value = database.replaceAll(/[\\']/g, '\\$&')
  return `\\connect -reuse-previous=on "dbname='${value.replaceAll('"', '""')}'"`
}
