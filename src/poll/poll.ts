import { type Labels, readRows, rowsLeftOut } from '../metric/sample.ts'
import type { Query } from '../query/query.ts'
import type { Facts } from '../server/facts.ts'
import type { Session } from '../server/session.ts'
import { pollLookup } from './poll-lookup.ts'
import { pollTop } from './poll-top.ts'
import { refuseOtherColumns } from './refuse-other-columns.ts'
import { type Bounds, type Poll, rendered } from './rendered.ts'
import type { Memory } from './tops.ts'

/** Asks one query in one session and renders the answer, with what it remembers. Throws when it fails or answers other columns than its header's. */
export async function poll(
  query: Query,
  session: Session,
  facts: Facts,
  labels: Labels,
  memory?: Memory,
  bounds: Bounds = {}
): Promise<Poll> {
  const sql = located(query, facts)
  if (memory?.top !== undefined) {
    const { top, derived } = memory
    return await memory.inTurn(() => pollTop(query, sql, session, { top, derived }, bounds))
  }
  if (memory?.lookup !== undefined && query.lookup !== undefined) {
    const { lookup, shownLabels } = memory
    return await pollLookup({ ...query, lookup: query.lookup }, sql, session, labels, { lookup, shownLabels }, bounds)
  }
  const { columns, rows, cutRows } = await session.run(sql, query)
  refuseOtherColumns(query, columns)
  const { isShown = () => true } = bounds
  const { entries, illegal, datnameOf } = readRows(query, columns, rows, labels)
  const shown = entries.filter((entry) => isShown(datnameOf(entry.labels)))
  const cut = cutRows + rowsLeftOut(query, columns, rows)
  return rendered(query, rows.length, shown, { cutRows: cut, duplicates: 0, illegal }, bounds, datnameOf)
}

/**
 * The SQL with `public.` before an object of a required extension replaced by the extension's real schema.
 * The schema itself never enters the search path: an operator planted there would run as our role.
 */
function located(query: Query, facts: Facts): string {
  let { sql } = query
  for (const requirement of query.requires) {
    const schema = requirement.kind === 'extension' ? facts.extensions.get(requirement.name)?.schema : undefined
    if (requirement.kind !== 'extension' || schema === undefined) continue
    sql = sql.replaceAll(new RegExp(`\\bpublic\\.(?=${requirement.name})`, 'g'), () => `${schema}.`)
  }
  return sql
}
