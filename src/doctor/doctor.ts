import type { Query } from '../query/query.ts'
import type { Server } from '../server/server.ts'
import { examineServer } from './examine.ts'
import { renderReport } from './render-report.ts'
import { reportServer, type ServerReport } from './report.ts'

/** The result of doctor: as data and as text. */
export interface Diagnosis {
  /** Whether there are no errors. Hints do not count. */
  readonly isHealthy: boolean
  readonly servers: readonly ServerReport[]
  readonly text: string
}

const deadlineSeconds = 60

/** Connects to every database with its configured credential and reports errors, hints and fixes. */
export async function diagnose(servers: readonly Server[], queries: readonly Query[]): Promise<Diagnosis> {
  const reports = await Promise.all(
    servers.map(async (server) => reportServer(server, await examineServer(server, deadlineSeconds), queries))
  )
  return { isHealthy: reports.every(({ errors }) => errors.length === 0), servers: reports, text: renderReport(reports) }
}
