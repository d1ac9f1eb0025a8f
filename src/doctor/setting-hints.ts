import { isSocket, type Server } from '../server/server.ts'
import type { Examination } from './examine.ts'
import type { Finding } from './finding.ts'

/** A value of a setting that limits what can be monitored. */
interface Advice {
  readonly setting: string
  readonly value: string
  readonly effect: string
  readonly recommended: string
}

const advice: readonly Advice[] = [
  {
    setting: 'track_io_timing',
    value: 'off',
    effect: 'the I/O times of databases, tables and statements are not measured',
    recommended: 'on'
  }
]

/** Hints on settings of the server, the role and the connection. */
export function settingHints(server: Server, examinations: readonly Examination[]): readonly Finding[] {
  const [first] = examinations.flatMap(({ database, found }) => (found === undefined ? [] : [{ database, ...found }]))
  if (first === undefined) return []
  const { database, facts, details } = first
  const hint = (text: string, effect: string): Finding => ({ severity: 'hint', databases: [database.name], text, effect, fix: [] })
  const sessions = Math.min(server.maxSessions, examinations.length)
  const { connectionLimit, tls, settings } = details
  const { host } = database.connection
  const isLocal = isSocket(host) || /^(localhost|127\.|::1$)/.test(host)
  return [
    ...advice
      .filter(({ setting, value }) => settings.get(setting) === value)
      .map(({ setting, value, effect, recommended }) =>
        hint(`${setting} is ${value}; recommended: alter system set ${setting} = ${recommended}`, effect)
      ),
    ...(connectionLimit >= 0 && connectionLimit < sessions
      ? [hint(`${facts.role} has a connection limit of ${connectionLimit}, but pgvitals opens up to ${sessions} sessions`, 'polls fail')]
      : []),
    ...(tls === undefined && !isLocal ? [hint('the connection is not encrypted', 'passwords and results can be intercepted')] : [])
  ]
}
