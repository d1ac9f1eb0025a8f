import type { Password } from '../server/credential.ts'
import { quoteIdentifier } from '../server/identifier.ts'
import { type Connection, isSocket, type Server } from '../server/server.ts'
import type { Examination } from './examine.ts'
import type { Finding, Step } from './finding.ts'
import { connectSteps, passwordStep, setUpSteps, statementsSteps } from './monitoring-role.ts'

/** One finding for all databases that failed with the same error and role. */
export function connectionFindings(server: Server, examinations: readonly Examination[], needsStatements: boolean): readonly Finding[] {
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
        severity: 'error',
        databases,
        text: `${summaryOf(first)}: ${first.failure.message}`,
        effect: 'no metrics are collected',
        fix: fixOf(server, examinations, first, databases, needsStatements)
      }
    ]
  })
}

/** One hint for all databases that are reached over a network without TLS. */
export function encryptionFindings(examinations: readonly Examination[]): readonly Finding[] {
  const plain = examinations.filter(({ database, found }) => found?.isEncrypted === false && !isLoopback(database.connection))
  const databases = plain.map(({ database }) => database.name)
  const modes = [...new Set(plain.map(({ database }) => database.connection.tls.mode))].join(', ')
  const text = `the connection is not encrypted (sslmode ${modes}); recommended: TLS on the server, and sslmode verify-full with root certificates`
  const effect = 'passwords and results can be intercepted'
  return plain.length === 0 ? [] : [{ severity: 'hint', databases, text, effect, fix: [] }]
}

/** Whether the connection does not leave this machine. */
function isLoopback({ host, address = host }: Connection): boolean {
  return isSocket(host) || /^(localhost|127(\.\d+){3}|::1)$/i.test(address)
}

function summaryOf({ database: { connection }, failure }: Examination): string {
  const { user, host, port } = connection
  switch (failure?.errorClass) {
    case 'auth':
      return `${user} cannot log in`
    case 'privilege':
      return `${user} cannot connect`
    case 'no_database':
      return 'the database does not exist'
    case 'network':
    case 'timeout':
      return `no response from ${host}:${port}`
    case 'tls':
      return 'cannot establish a TLS connection'
    default:
      return 'cannot connect'
  }
}

const isPasswordRejected = /authentication failed|^role .* does not exist/

function fixOf(
  server: Server,
  examinations: readonly Examination[],
  { database: { connection }, failure }: Examination,
  databases: readonly string[],
  needsStatements: boolean
): readonly Step[] {
  const { user, password } = connection
  const name = quoteIdentifier(user)
  if (failure?.errorClass === 'privilege') return connectSteps(databases, user)
  if (failure?.errorClass === 'no_database') {
    return databases.map((one) => ({ sql: `-- create database ${quoteIdentifier(one)};  (or remove it from the configuration)` }))
  }
  if (failure?.errorClass !== 'auth') return []
  if (/^role .* is not permitted to log in/.test(failure.message)) return [{ sql: `alter role ${name} login;` }]
  if (failure.message.startsWith('PAM authentication failed')) return [pamStep(name)]
  if (!isPasswordRejected.test(failure.message)) return []
  const other = examinations.find(({ found }) => found !== undefined)?.found
  const known = other?.details.roles.get(user)
  if (known !== undefined) return [isIamToken(password) ? tokenStep(name) : passwordStep(user, known.isExpired)]
  const setUp = setUpSteps({ role: user, databases, maxSessions: server.maxSessions, exists: other && false })
  const steps = isIamToken(password) ? [...setUp, tokenStep(name)] : setUp
  // If another credential works, this role only needs to see its own databases.
  if (other !== undefined) return steps.filter(({ sql }) => !sql.startsWith('grant pg_monitor'))
  return needsStatements ? [...steps, ...statementsSteps(databases[0] ?? '')] : steps
}

/** Whether the password is an RDS IAM token, which PostgreSQL accepts only for members of `rds_iam`. */
function isIamToken(password: Password | undefined): boolean {
  return typeof password === 'object' && 'command' in password && password.command.some((word) => word.includes('generate-db-auth-token'))
}

function tokenStep(role: string): Step {
  return { sql: `-- the configured password of ${role} is an IAM token, which only RDS accepts`, rds: `grant rds_iam to ${role};` }
}

/** RDS uses PAM only for members of `rds_iam`, so the role already has that grant. */
function pamStep(role: string): Step {
  return {
    sql: `-- the PAM service of the server rejects ${role}; this cannot be fixed in PostgreSQL`,
    rds: `-- a member of rds_iam needs a token: allow rds-db:connect for ${role} in IAM, or, to use a password: revoke rds_iam from ${role};`
  }
}
