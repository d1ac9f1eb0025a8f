import type { Password } from '../server/credential.ts'
import { quoteIdentifier } from '../server/identifier.ts'
import type { Server } from '../server/server.ts'
import type { Examination } from './examine.ts'
import type { Problem, Step } from './problem.ts'
import { connectSteps, passwordStep, setUpSteps, statementsSteps } from './set-up.ts'

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

const isRefused = /authentication failed|^role .* does not exist/

function about({ database: { connection }, failure }: Examination): string {
  if (failure === undefined) return ''
  const { user, host, port } = connection
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
  const { user, password } = connection
  const name = quoteIdentifier(user)
  if (failure?.errorClass === 'privilege') return connectSteps(databases, name)
  if (failure?.errorClass === 'no_database') {
    return databases.map((one) => ({ sql: `-- create database ${quoteIdentifier(one)};  (or take it out of the configuration)` }))
  }
  if (failure?.errorClass !== 'auth') return []
  if (/^role .* is not permitted to log in/.test(failure.message)) return [{ sql: `alter role ${name} login;` }]
  if (failure.message.startsWith('PAM authentication failed')) return [pamStep(name)]
  if (!isRefused.test(failure.message)) return []
  const witness = examinations.find(({ found }) => found !== undefined)?.found
  const known = witness?.surroundings.roles.get(user)
  if (known !== undefined) return [isToken(password) ? tokenStep(name) : passwordStep(user, known.isExpired)]
  const setUp = setUpSteps({ role: user, databases, maxSessions: server.maxSessions, exists: witness && false })
  const steps = isToken(password) ? [...setUp, tokenStep(name)] : setUp
  // Where another credential sees enough, the role needs to see no more than its own database.
  if (witness !== undefined) return steps.filter(({ sql }) => !sql.startsWith('grant pg_monitor'))
  return wantsStatements ? [...steps, ...statementsSteps(databases[0] ?? '')] : steps
}

/** Whether a password is a token of Amazon's IAM, which a role takes only as a member of `rds_iam`. */
function isToken(password: Password | undefined): boolean {
  return typeof password === 'object' && 'command' in password && password.command.some((word) => word.includes('generate-db-auth-token'))
}

function tokenStep(role: string): Step {
  return { sql: `-- only RDS takes the token that is configured as ${role}'s password`, rds: `grant rds_iam to ${role};` }
}

/** On RDS only members of `rds_iam` get to PAM, so there the grant is not what is missing. */
function pamStep(role: string): Step {
  return {
    sql: `-- the server's PAM service refuses ${role}; nothing in PostgreSQL mends that`,
    rds: `-- rds_iam takes a token only: let IAM allow rds-db:connect for ${role}, or, for a password: revoke rds_iam from ${role};`
  }
}
