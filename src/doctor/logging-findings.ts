import { quoteIdentifier } from '../server/identifier.ts'
import type { Examination } from './examine.ts'
import type { Finding } from './finding.ts'

/** A setting with which the server logs every statement, and the value that disables this for one role. */
interface LogSetting {
  readonly name: string
  readonly isNoisy: (value: string) => boolean
  readonly quiet: string
}

const logSettings: readonly LogSetting[] = [
  { name: 'log_statement', isNoisy: (value) => value === 'all', quiet: "'none'" },
  { name: 'log_duration', isNoisy: (value) => value === 'on', quiet: 'off' },
  { name: 'log_min_duration_statement', isNoisy: (value) => value === '0', quiet: '-1' },
  { name: 'log_min_duration_sample', isNoisy: (value) => value === '0', quiet: '-1' },
  { name: 'auto_explain.log_min_duration', isNoisy: (value) => value === '0', quiet: '-1' },
  { name: 'pgaudit.log', isNoisy: (value) => /\b(all|read)\b/i.test(value) && !/-(all|read)\b/i.test(value), quiet: "'none'" }
]

/** One hint for each role whose polls the server writes to its log, with the statements that prevent it. */
export function loggingFindings(examinations: readonly Examination[]): readonly Finding[] {
  const byRole = new Map<string, { readonly databases: string[]; readonly settings: ReadonlyMap<string, string> }>()
  for (const { database, found } of examinations) {
    if (found === undefined) continue
    const known = byRole.get(found.facts.role) ?? { databases: [], settings: found.details.settings }
    known.databases.push(database.name)
    byRole.set(found.facts.role, known)
  }
  return [...byRole].flatMap(([role, { databases, settings }]) => {
    const noisy = logSettings.filter(({ name, isNoisy }) => isNoisy(settings.get(name) ?? ''))
    if (noisy.length === 0) return []
    const values = noisy.map(({ name }) => `${name} is ${settings.get(name)}`).join(', ')
    const statements = noisy.map(({ name, quiet }) => `alter role ${quoteIdentifier(role)} set ${name} = ${quiet}`).join('; ')
    const text = `${values} in the sessions of ${role}; recommended: ${statements}`
    return [{ severity: 'hint', databases, text, effect: 'the server logs every poll', fix: [] }]
  })
}
