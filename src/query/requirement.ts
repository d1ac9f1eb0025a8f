import { formatVersion, parseVersion, type Version } from './version.ts'

export type Comparison = '>=' | '<'

/** A condition of a query. If it is not met, the query is skipped. */
export type Requirement =
  | { readonly kind: 'server'; readonly comparison: Comparison; readonly version: Version }
  | { readonly kind: 'extension'; readonly name: string; readonly comparison: Comparison; readonly version: Version }
  | { readonly kind: 'role'; readonly role: 'primary' | 'standby' }
  | { readonly kind: 'capability'; readonly name: string }
  | { readonly kind: 'declared'; readonly what: 'access' }
  | { readonly kind: 'setting'; readonly name: (typeof requirableSettings)[number] }

/** The tracking settings that a query can require. While one is off, its values would be 0 or constant. */
const requirableSettings = ['compute_query_id', 'pg_stat_statements.track', 'track_counts'] as const

const pattern = /^(?<word>[a-z_][a-z0-9_-]*)(?:\s*(?<comparison>>=|<)\s*(?<version>\d+(?:\.\d+)*))?$/

/**
 * Reads one requirement of a header: `server >= 14`, `server < 17`, `role primary`, `role standby`,
 * `capability pg_monitor`, `declared access`, `setting track_counts`, or the name of an extension, alone or with a version. Undefined for
 * anything else.
 */
export function parseRequirement(text: string): Requirement | undefined {
  if (text === 'role primary') return { kind: 'role', role: 'primary' }
  if (text === 'role standby') return { kind: 'role', role: 'standby' }
  if (text === 'declared access') return { kind: 'declared', what: 'access' }
  const capability = /^capability ([a-z_]+)$/.exec(text)?.[1]
  if (capability !== undefined) return { kind: 'capability', name: capability }
  if (text.startsWith('setting ')) {
    const name = requirableSettings.find((setting) => text === `setting ${setting}`)
    return name === undefined ? undefined : { kind: 'setting', name }
  }
  const { word, comparison, version } = pattern.exec(text)?.groups ?? {}
  if (word === undefined || ['role', 'capability', 'declared', 'setting'].includes(word)) return undefined
  if (word !== 'server') {
    return { kind: 'extension', name: word, comparison: comparison === '<' ? '<' : '>=', version: parseVersion(version ?? '') }
  }
  if (comparison === undefined || version === undefined) return undefined
  return { kind: 'server', comparison: comparison === '<' ? '<' : '>=', version: parseVersion(version) }
}

/** Formats a requirement as in a header. */
export function formatRequirement(requirement: Requirement): string {
  switch (requirement.kind) {
    case 'role':
      return `role ${requirement.role}`
    case 'capability':
      return `capability ${requirement.name}`
    case 'declared':
      return `declared ${requirement.what}`
    case 'setting':
      return `setting ${requirement.name}`
    case 'server':
      return `server ${requirement.comparison} ${formatVersion(requirement.version)}`
    case 'extension':
      return requirement.version.length === 0
        ? requirement.name
        : `${requirement.name} ${requirement.comparison} ${formatVersion(requirement.version)}`
  }
}
