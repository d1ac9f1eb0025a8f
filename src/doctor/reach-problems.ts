import type { Server } from '../server/server.ts'
import type { Examination } from './examine.ts'
import { quoteIdentifier } from './identifier.ts'
import type { Problem, Step } from './problem.ts'
import { passwordStep, setUpSteps, statementsSteps } from './set-up.ts'

/** The databases that do not answer, those with the same reason and role together. */
export function reachProblems(server: Server, examinations: readonly Examination[], wantsStatements: boolean): readonly Problem[] {
  const groups = new Map<string, Examination[]>()
  for (const examination of examinations) {
    if (examination.failure === undefined) continue
    const key = JSON.stringify([examination.database.connection.user, examination.failure])
    groups.set(key, [...(groups.get(key) ?? []), examination])
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group
    if (first?.failure === undefined) return []
    const databases = group.map(({ database }) => database.name)
    return [
      {
        kind: 'wrong',
        databases,
        text: `${about(first)}: ${first.failure.message}`,
        costs: 'nothing of it is seen',
        steps: stepsFor(server, examinations, first, databases, wantsStatements)
      }
    ]
  })
}

const hasNoPassword = /client password must be a string/
const isRefused = /password authentication failed|^role .* does not exist|authentication failed/

function about({ database: { connection }, failure }: Examination): string {
  if (failure === undefined) return ''
  const { user, host, port } = connection
  if (hasNoPassword.test(failure.message)) return `the server asks for a password of ${user}, and none is configured`
  switch (failure.errorClass) {
    case 'auth':
      return `${user} may not log in`
    case 'privilege':
      return `${user} may not connect`
    case 'no_database':
      return 'there is no such database'
    case 'network':
    case 'timeout':
      return `nothing answers at ${host}:${port}`
    case 'tls':
      return 'no TLS connection'
    default:
      return 'no connection'
  }
}

function stepsFor(
  server: Server,
  examinations: readonly Examination[],
  { database: { connection }, failure }: Examination,
  databases: readonly string[],
  wantsStatements: boolean
): readonly Step[] {
  const { user } = connection
  if (failure?.errorClass === 'privilege') {
    return [{ sql: `grant connect on database ${databases.map(quoteIdentifier).join(', ')} to ${quoteIdentifier(user)};` }]
  }
  if (failure?.errorClass === 'no_database') {
    return databases.map((name) => ({ sql: `-- create database ${quoteIdentifier(name)};  (or take it out of the configuration)` }))
  }
  if (failure?.errorClass !== 'auth' || !isRefused.test(failure.message)) return []
  const witness = examinations.find(({ found }) => found !== undefined)?.found
  const exists = witness?.surroundings.roles.has(user)
  if (exists === true) return [passwordStep(user)]
  const steps = setUpSteps({ role: user, databases, maxSessions: server.maxSessions, exists })
  // Where another credential sees enough, the role needs to see no more than its own database.
  if (witness !== undefined) return steps.filter(({ sql }) => !sql.startsWith('grant pg_monitor'))
  return wantsStatements ? [...steps, ...statementsSteps(databases[0] ?? '')] : steps
}
