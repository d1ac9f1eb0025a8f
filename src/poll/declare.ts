import type { Query } from '../query/query.ts'
import type { Database } from '../server/server.ts'
import { withSetting } from './with-setting.ts'

/** The query with what the configuration declares of the database, where it asks for that. */
export function declare(query: Query, { access }: Pick<Database, 'access'>): Query {
  return { ...query, sql: withSetting(query.sql, 'pgvitals.access', JSON.stringify(Object.fromEntries(access))) }
}
