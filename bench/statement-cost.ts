import type { TestServer } from '../test/servers/start-server.ts'

/** The cost of one statement of the exporter for the server; times in milliseconds. */
export interface StatementCost {
  readonly statement: string
  readonly calls: number
  readonly execution: number
  readonly planning: number
}

const role = 'pgvitals'

/** Resets the statistics of the exporter's role only. */
export async function resetStatements(server: TestServer): Promise<void> {
  await server.sql('platform', `select pg_stat_statements_reset((select oid from pg_roles where rolname = '${role}'))`)
}

/** The statements that the exporter's role ran since the reset, including utility statements, the most expensive first. */
export async function readStatements(server: TestServer): Promise<readonly StatementCost[]> {
  const rows = await server.sql(
    'platform',
    `select
      min(s.query) as statement,
      sum(s.calls)::float8 as calls,
      sum(s.total_exec_time) as execution,
      sum(s.total_plan_time) as planning
    from pg_stat_statements as s
    join pg_roles as r on r.oid = s.userid
    where r.rolname = '${role}'
    group by s.queryid
    order by sum(s.total_exec_time + s.total_plan_time) desc`
  )
  return rows.map((row) => ({
    statement: String(row.statement),
    calls: Number(row.calls),
    execution: Number(row.execution),
    planning: Number(row.planning)
  }))
}
