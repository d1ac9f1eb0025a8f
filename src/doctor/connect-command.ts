import { quoteIdentifier } from '../server/identifier.ts'

/** What leads psql to another database of the same server; the name has no control characters. */
export function connectCommand(database: string): string {
  if (/^[\w-]+$/.test(database)) return `\\connect ${quoteIdentifier(database)}`
  // As pg_dump does since CVE-2016-5424: psql would read `host=elsewhere` as where to connect.
  const value = database.replaceAll(/[\\']/g, '\\$&')
  return `\\connect -reuse-previous=on "dbname='${value.replaceAll('"', '""')}'"`
}
