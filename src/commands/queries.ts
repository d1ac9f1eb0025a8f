import { readEnvironment, readQueries } from '../config/config.ts'
import { describeQueries } from '../query/describe.ts'

/** Checks the query files and lists them. */
export async function queries(): Promise<void> {
  process.stdout.write(describeQueries(readQueries(readEnvironment())))
}
