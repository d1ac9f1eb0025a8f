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
    const isDeclared = server.databases.some(({ name }) => name === examination.database.name)
    const key = JSON.stringify([isDeclared, examination.database.connection.user, examination.failure])
    groups.set(key, [...(groups.get(key) ?? []), examination])
  }
  return [...groups.values()].flatMap((group): readonly Finding[] => {
    const [first] = group
    if (first?.failure === undefined) return []
    const databases = group.map(({ database }) => database.name)
    if (isNotPermitted(server, examinations, first)) {
      const text = `${first.database.connection.user} is not permitted to connect to a discovered database: ${first.failure.message}`
      return [{ severity: 'hint', databases, text, effect: 'it is not monitored; exclude it or permit the connection', fix: [] }]
    }
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

/** Whether a discovered database does not accept the role, while others do. The database is not declared, so this is not an outage. */
function isNotPermitted(server: Server, examinations: readonly Examination[], { database, failure }: Examination): boolean {
  const isDeclared = server.databases.some(({ name }) => name === database.name)
  const isPermanent = ['auth', 'privilege', 'prerequisite', 'no_database', 'too_many_connections'].includes(failure?.errorClass ?? '')
  const { user } = database.connection
  return !isDeclared && isPermanent && examinations.some((one) => one.found !== undefined && one.database.connection.user === user)
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

/** Whether the connection uses a socket or a loopback address. */
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

/**
 * The steps that resolve a failed connection. They depend on the SQLSTATE and the routine of the error, because the
 * message may be translated. Source: PostgreSQL's miscinit.c, postinit.c and auth.c.
 */
function fixOf(
  server: Server,
  examinations: readonly Examination[],
  { database: { connection }, failure }: Examination,
  databases: readonly string[],
  needsStatements: boolean
): readonly Step[] {
  const { user, password } = connection
  const { sqlState, routine } = failure?.origin ?? {}
  const name = quoteIdentifier(user)
  const each = (write: (database: string) => string) => databases.map((one) => ({ sql: write(quoteIdentifier(one)) }))
  const other = examinations.find(({ found }) => found !== undefined)?.found
  const known = other?.details.roles.get(user)
  const login: Step = { sql: `alter role ${name} login;` }

  const createRole = (ifItExists: Step): readonly Step[] => {
    const setUp = setUpSteps({ role: user, databases, maxSessions: server.maxSessions, exists: other && false, ifItExists })
    const steps = isIamToken(password) ? [...setUp, tokenStep(name)] : setUp
    // If another credential is accepted, this role need not have pg_monitor.
    if (other !== undefined) return steps.filter(({ sql }) => !sql.startsWith('grant pg_monitor'))
    return needsStatements ? [...steps, ...statementsSteps(databases[0] ?? '')] : steps
  }

  switch (`${sqlState} ${routine}`) {
    case '28000 InitializeSessionUserId':
      // A server that requests a password rejects a missing role like a wrong password.
      return failure?.wasPasswordRequested || known !== undefined ? [login] : createRole(login)
    case '28000 ClientAuthentication':
      return [hostBasedStep(connection)]
    case '28000 auth_failed':
      return [failure?.wasPasswordRequested ? externalStep(name) : methodStep(name)]
    case '53300 InitializeSessionUserId':
      return [{ sql: `alter role ${name} connection limit ${2 * server.maxSessions};` }]
    case '53300 CheckMyDatabase':
      return each((database) => `alter database ${database} connection limit -1;`)
    case '55000 CheckMyDatabase':
      return each((database) => `alter database ${database} allow_connections true;`)
    case '55000 InitPostgres':
      return each((database) => `-- drop database ${database};  (an interrupted DROP DATABASE left it invalid)`)
  }
  if (failure?.errorClass === 'privilege') return connectSteps(databases, user)
  if (failure?.errorClass === 'no_database') {
    return databases.map((one) => ({ sql: `-- create database ${quoteIdentifier(one)};  (or remove it from the configuration)` }))
  }
  // An error without an SQLSTATE occurred before a password was sent.
  if (failure?.errorClass !== 'auth' || sqlState === undefined) return []
  if (known === undefined) return createRole(passwordStep(user, false))
  const steps = isIamToken(password) ? tokenStep(name) : passwordStep(user, known.isExpired)
  return [...(known.canLogin ? [] : [login]), steps]
}

/** Whether the password is an RDS IAM token, which PostgreSQL accepts only for members of `rds_iam`. */
function isIamToken(password: Password | undefined): boolean {
  return typeof password === 'object' && 'command' in password && password.command.some((word) => word.includes('generate-db-auth-token'))
}

function tokenStep(role: string): Step {
  return { sql: `-- the configured password of ${role} is an IAM token, which only RDS accepts`, rds: `grant rds_iam to ${role};` }
}

/** The server passes the password to PAM, LDAP or RADIUS. RDS uses PAM, only for members of `rds_iam`. */
function externalStep(role: string): Step {
  return {
    sql: `-- the authentication service of the server (PAM, LDAP or RADIUS) rejects ${role}; this cannot be fixed in PostgreSQL`,
    rds: `-- a member of rds_iam needs a token: allow rds-db:connect for ${role} in IAM, or, to use a password: revoke rds_iam from ${role};`
  }
}

function methodStep(role: string): Step {
  return {
    sql: `-- the method in pg_hba.conf (peer, ident, cert or gss) rejects ${role}; use scram-sha-256, or map the user in pg_ident.conf`
  }
}

function hostBasedStep({ user, database }: Connection): Step {
  const line = `${quoteIdentifier(database)} ${quoteIdentifier(user)}`
  return {
    sql: `-- allow ${line} from this address in pg_hba.conf, then: select pg_reload_conf();`,
    rds: `-- if rds.force_ssl is 1, connect with sslmode=require or verify-full`
  }
}
