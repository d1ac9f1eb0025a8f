import type { Query } from '../query/query.ts'
import type { Database } from '../server/server.ts'

/**
 * The query with what the configuration declares of the database in place of
 * `pg_catalog.current_setting('pgvitals.access', true)`: psql runs the file as it is and asks the setting.
 */
export function declare(query: Query, { access }: Pick<Database, 'access'>): Query {
  const text = JSON.stringify(Object.fromEntries(access))
  return { ...query, sql: query.sql.replaceAll(declaredAccess, () => `'${text.replaceAll("'", "''")}'`) }
}

const declaredAccess = "pg_catalog.current_setting('pgvitals.access', true)"
