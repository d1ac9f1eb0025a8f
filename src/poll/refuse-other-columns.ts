import { columnsMismatch } from '../metric/sample.ts'
import type { Query } from '../query/query.ts'
import { ClassedError } from '../server/error-class.ts'

/** Fails a poll whose answer has not the columns of the header, with the missing and the surplus names. */
export function refuseOtherColumns(query: Query, columns: readonly string[]): void {
  const mismatch = columnsMismatch(query, columns)
  if (mismatch !== undefined) throw new ClassedError('schema', mismatch)
}
