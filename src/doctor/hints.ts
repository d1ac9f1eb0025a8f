import { isSocket, type Server } from '../server/server.ts'
import type { Examination } from './examine.ts'
import type { Problem } from './problem.ts'

/** A setting with which less is to be seen. */
interface Advice {
  readonly setting: string
  readonly isPoor: (value: string) => boolean
  readonly costs: string
  readonly better: string
}

const advice: readonly Advice[] = [
  {
    setting: 'track_io_timing',
    isPoor: (value) => value === 'off',
    costs: 'no time is known that databases, tables and statements wait for the disk',
    better: 'on'
  },
  { setting: 'compute_query_id', isPoor: (value) => value === 'off', costs: 'pg_stat_statements records nothing', better: 'auto' },
  { setting: 'pg_stat_statements.track', isPoor: (value) => value === 'none', costs: 'pg_stat_statements records nothing', better: 'top' },
  {
    setting: 'track_activities',
    isPoor: (value) => value === 'off',
    costs: 'no state and no statement of any session is known',
    better: 'on'
  },
  { setting: 'track_counts', isPoor: (value) => value === 'off', costs: 'nothing is counted, and autovacuum does not run', better: 'on' }
]

/** What is not wrong, but would show more or be safer. */
export function hints(server: Server, examinations: readonly Examination[]): readonly Problem[] {
  const [first] = examinations.flatMap(({ database, found }) => (found === undefined ? [] : [{ database, ...found }]))
  if (first === undefined) return []
  const { database, facts, surroundings } = first
  const hint = (text: string, costs: string): Problem => ({ kind: 'hint', databases: [database.name], text, costs, steps: [] })
  const sessions = Math.min(server.maxSessions, examinations.length)
  const { connectionLimit, tls, settings } = surroundings
  const { host } = database.connection
  const isLocal = isSocket(host) || /^(localhost|127\.|::1$)/.test(host)
  return [
    ...advice.flatMap(({ setting, isPoor, costs, better }) => {
      const value = settings.get(setting)
      return value !== undefined && isPoor(value)
        ? [hint(`${setting} is ${value}; better: alter system set ${setting} = ${better}`, costs)]
        : []
    }),
    ...(connectionLimit >= 0 && connectionLimit < sessions
      ? [hint(`${facts.role} has a connection limit of ${connectionLimit}, and pgvitals keeps up to ${sessions} sessions`, 'visits fail')]
      : []),
    ...(tls === undefined && !isLocal ? [hint('the connection is not encrypted', 'passwords and answers can be read on the way')] : [])
  ]
}
