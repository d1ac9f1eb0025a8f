import type { Detail } from '../query/detail.ts'
import type { Query } from '../query/query.ts'
import { formatVersion } from '../query/version.ts'
import { detailsOf, type Server } from '../server/server.ts'
import { blindSpotFindings, extensionFindings, findBlindSpots, hiddenStatementFindings } from './blind-spot-findings.ts'
import { connectionFindings, encryptionFindings } from './connection-findings.ts'
import type { Examination } from './examine.ts'
import type { Finding } from './finding.ts'
import { loggingFindings } from './logging-findings.ts'
import { mustBeReplaced, privilegeFindings } from './privilege-findings.ts'
import { writeScript } from './script.ts'
import type { Platform } from './session-details.ts'
import { settingHints } from './setting-hints.ts'
import { trackingFindings } from './tracking-findings.ts'

/** One row of the table of databases. */
export interface DatabaseReport {
  readonly database: string
  readonly team: string
  readonly isReachable: boolean
  /** The error class, if the database is not reachable. */
  readonly failure: string | undefined
  readonly version: string | undefined
  readonly isStandby: boolean | undefined
  readonly role: string | undefined
  /** The TLS version, or `none`. */
  readonly tls: string | undefined
  /** The level of detail of database-wide queries. */
  readonly detail: Detail
  /** The queries that do not run because the role lacks a privilege. */
  readonly blindSpots: readonly string[]
}

/** The report about one server. */
export interface ServerReport {
  readonly server: string
  /** The level of detail of server-wide queries. */
  readonly detail: Detail
  /** Undefined if no database was reachable and the host name does not identify it. */
  readonly platform: Platform | undefined
  readonly databases: readonly DatabaseReport[]
  readonly errors: readonly Omit<Finding, 'severity' | 'fix'>[]
  readonly hints: readonly Omit<Finding, 'severity' | 'fix'>[]
  /** The psql script that fixes the errors, by platform. */
  readonly scripts: Readonly<Record<Platform, string>>
}

/** Derives the report from the examinations of a server and the queries to run there. */
export function reportServer(server: Server, examinations: readonly Examination[], queries: readonly Query[]): ServerReport {
  const blindSpots = findBlindSpots(queries, examinations, server)
  const needsStatements = queries.some(({ requires }) =>
    requires.some((one) => one.kind === 'extension' && one.name === 'pg_stat_statements')
  )
  const isReplaced = (database: string) =>
    examinations.some(({ database: one, found }) => one.name === database && found !== undefined && mustBeReplaced(found.rights))
  const findings = [
    ...connectionFindings(server, examinations, needsStatements),
    ...privilegeFindings(server, examinations),
    // A role that is to be replaced needs no grants.
    ...blindSpotFindings(blindSpots, examinations).map((finding) =>
      finding.databases.every(isReplaced) ? { ...finding, fix: [] } : finding
    ),
    ...extensionFindings(blindSpots, queries, examinations),
    ...(needsStatements ? hiddenStatementFindings(examinations) : []),
    ...encryptionFindings(examinations),
    ...trackingFindings(examinations),
    ...settingHints(server, examinations),
    ...loggingFindings(examinations)
  ]
  const select = (severity: Finding['severity']) =>
    findings.filter((finding) => finding.severity === severity).map(({ databases, text, effect }) => ({ databases, text, effect }))
  return {
    server: server.name,
    detail: server.detail,
    platform: platformOf(server, examinations),
    databases: examinations.map((examination) =>
      reportDatabase(
        examination,
        server,
        blindSpots.filter((one) => one.database === examination.database.name && one.capabilities.length > 0).map(({ query }) => query)
      )
    ),
    errors: select('error'),
    hints: select('hint'),
    scripts: { postgresql: writeScript(findings, 'postgresql'), rds: writeScript(findings, 'rds') }
  }
}

function reportDatabase({ database, found, failure }: Examination, server: Server, blindSpots: readonly string[]): DatabaseReport {
  return {
    database: database.name,
    team: database.team,
    isReachable: found !== undefined,
    failure: failure?.errorClass,
    version: found && formatVersion(found.facts.version),
    isStandby: found?.facts.isStandby,
    role: found?.facts.role,
    tls: found && (found.details.tls ?? 'none'),
    detail: detailsOf(server, database).database,
    blindSpots
  }
}

function platformOf(server: Server, examinations: readonly Examination[]): Platform | undefined {
  const known = examinations.find(({ found }) => found !== undefined)?.found?.details.platform
  const isRdsHost = server.databases.some(({ connection }) => connection.host.endsWith('.rds.amazonaws.com'))
  return known ?? (isRdsHost ? 'rds' : undefined)
}
