import type { Query } from '../query/query.ts'
import type { Server } from '../server/server.ts'
import { examineServer } from './examine.ts'
import { renderReport } from './render-report.ts'
import { reportServer, type ServerReport } from './report.ts'

/** What doctor found, for people and for machines. */
export interface Diagnosis {
  /** Whether nothing is wrong; hints do not count. */
  readonly isHealthy: boolean
  readonly servers: readonly ServerReport[]
  readonly text: string
}

const deadlineSeconds = 60

/** Connects to every database with its configured credential and says what is wrong and what mends it. */
export async function diagnose(servers: readonly Server[], queries: readonly Query[]): Promise<Diagnosis> {
  const reports = await Promise.all(
    servers.map(async (server) => reportServer(server, await examineServer(server, deadlineSeconds), queries))
  )
  return { isHealthy: reports.every(({ wrong }) => wrong.length === 0), servers: reports, text: renderReport(reports) }
}
