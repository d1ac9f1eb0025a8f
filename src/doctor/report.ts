import type { Query } from '../query/query.ts'
import { formatVersion } from '../query/version.ts'
import type { Server } from '../server/server.ts'
import { blindProblems, extensionProblems, findBlind } from './blind-problems.ts'
import type { Examination } from './examine.ts'
import { excessProblems, mustBeReplaced } from './excess-problems.ts'
import { hints } from './hints.ts'
import type { Problem } from './problem.ts'
import { reachProblems } from './reach-problems.ts'
import { writeScript } from './script.ts'
import type { Platform } from './surroundings.ts'

/** One database's line in the table. */
export interface DatabaseReport {
  readonly database: string
  readonly team: string
  readonly isReachable: boolean
  /** Why it is not reachable: the class of the error. */
  readonly failure: string | undefined
  readonly version: string | undefined
  readonly isStandby: boolean | undefined
  readonly role: string | undefined
  /** The protocol's version, or `none`. */
  readonly tls: string | undefined
  /** The queries that the role is blind to here. */
  readonly blind: readonly string[]
}

/** What doctor says of one server. */
export interface ServerReport {
  readonly server: string
  /** Undefined while nobody could look. */
  readonly platform: Platform | undefined
  readonly databases: readonly DatabaseReport[]
  readonly wrong: readonly Omit<Problem, 'kind' | 'steps'>[]
  readonly hints: readonly Omit<Problem, 'kind' | 'steps'>[]
  readonly scripts: Readonly<Record<Platform, string>>
}

/** Judges what was found on a server with these queries; nothing here asks it again. */
export function reportServer(server: Server, examinations: readonly Examination[], queries: readonly Query[]): ServerReport {
  const blind = findBlind(queries, examinations)
  const wantsStatements = queries.some(({ requires }) =>
    requires.some((one) => one.kind === 'extension' && one.name === 'pg_stat_statements')
  )
  const isReplaced = (database: string) =>
    examinations.some(({ database: one, found }) => one.name === database && found !== undefined && mustBeReplaced(found.rights))
  const problems = [
    ...reachProblems(server, examinations, wantsStatements),
    ...excessProblems(server, examinations),
    ...blindProblems(blind, examinations).map((problem) => (problem.databases.every(isReplaced) ? { ...problem, steps: [] } : problem)),
    ...extensionProblems(blind, queries, examinations),
    ...hints(server, examinations)
  ]
  const told = (kind: Problem['kind']) =>
    problems.filter((problem) => problem.kind === kind).map(({ databases, text, costs }) => ({ databases, text, costs }))
  return {
    server: server.name,
    platform: platformOf(server, examinations),
    databases: examinations.map((examination) =>
      databaseReport(
        examination,
        blind.filter((one) => one.database === examination.database.name && one.capabilities.length > 0).map(({ query }) => query)
      )
    ),
    wrong: told('wrong'),
    hints: told('hint'),
    scripts: { postgresql: writeScript(problems, 'postgresql'), rds: writeScript(problems, 'rds') }
  }
}

function databaseReport({ database, found, failure }: Examination, blind: readonly string[]): DatabaseReport {
  return {
    database: database.name,
    team: database.team,
    isReachable: found !== undefined,
    failure: failure?.errorClass,
    version: found && formatVersion(found.facts.version),
    isStandby: found?.facts.isStandby,
    role: found?.facts.role,
    tls: found && (found.surroundings.tls ?? 'none'),
    blind
  }
}

function platformOf(server: Server, examinations: readonly Examination[]): Platform | undefined {
  const known = examinations.find(({ found }) => found !== undefined)?.found?.surroundings.platform
  const isByName = server.databases.some(({ connection }) => connection.host.endsWith('.rds.amazonaws.com'))
  return known ?? (isByName ? 'rds' : undefined)
}
