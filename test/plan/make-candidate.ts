import type { Candidate } from '../../src/plan/plan-queries.ts'
import { parseQuery } from '../../src/query/parse.ts'
import type { Query } from '../../src/query/query.ts'
import type { Extension, Facts } from '../../src/server/facts.ts'

/** The facts of a role without any capability on a primary of this version. */
export function makeFacts(version: readonly number[] = [18], more: Partial<Facts> = {}): Facts {
  const membership = { isMember: false, inheritSteps: [], inherits: true }
  return {
    role: 'r',
    version,
    isStandby: false,
    extensions: new Map(),
    capabilities: new Set(),
    membership,
    tracking: new Map(),
    ...more
  }
}

/** An installed extension that the role may use. */
export function makeExtension(version: readonly number[], more: Partial<Extension> = {}): Extension {
  return { version, schema: 'public', hasUsage: true, refused: new Map(), ...more }
}

/** A database that is up once it has been reached. */
export function makeCandidate(name: string, facts: Facts | undefined, more: Partial<Candidate> = {}): Candidate {
  return { name, isUp: facts !== undefined, facts, access: new Map(), ...more }
}

/** A query with these requirements. */
export function writeQuery(file: string, scope: string, ...requires: readonly string[]): Query {
  return parseQuery(
    file,
    `-- Q.\n--\n-- scope: ${scope}\n${requires.map((one) => `-- requires: ${one}\n`).join('')}-- gauge a: A.\nselect 1 as a`
  )
}
