import type { Server } from '../server/server.ts'
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

/** Hints on settings of the server and the role. */
export function settingHints(server: Server, examinations: readonly Examination[]): readonly Finding[] {
  const [first] = examinations.flatMap(({ database, found }) => (found === undefined ? [] : [{ database, ...found }]))
  if (first === undefined) return []
  const { database, facts, details } = first
  const hint = (text: string, effect: string): Finding => ({ severity: 'hint', databases: [database.name], text, effect, fix: [] })
  const sessions = Math.min(server.maxSessions, examinations.length)
  const { connectionLimit, settings } = details
  return [
    ...advice
      .filter(({ setting, value }) => settings.get(setting) === value)
      .map(({ setting, value, effect, recommended }) =>
        hint(`${setting} is ${value}; recommended: alter system set ${setting} = ${recommended}`, effect)
      ),
    ...(connectionLimit >= 0 && connectionLimit < sessions
      ? [hint(`${facts.role} has a connection limit of ${connectionLimit}, but pgvitals opens up to ${sessions} sessions`, 'polls fail')]
      : [])
  ]
}
