import { type Fault, type Group, groups } from './fault.ts'
import { notCovered } from './not-covered.ts'
import type { Row } from './row.ts'
import { intervalSeconds, targets } from './targets.ts'

const introduction = `# Reliability

What pgvitals exports while servers, networks, files, clients and its own host fail. Written by \`npm run faults\`, which injects each fault, compares the page with the expected state, ends the fault and waits for the recovery.

**Trials.** One process of pgvitals with its defaults polls a healthy server and the servers that the faults hit: PostgreSQL 18 with three databases and two credentials behind a TCP proxy, a standby, and a server behind PgBouncer. Another process scrapes the whole page twice a second. Faults of different servers run at the same time; a fault that hits pgvitals itself or the machine runs alone. \`npm run faults -- --missed\` repeats the faults that missed a target; the table contains the last result of each.

| column | meaning | target |
|---|---|---|
| page | the state on the page while the fault lasted, which the program compares with the expected one | the expected state within 2 intervals (${targets.truthSeconds} s) |
| status, p99 | HTTP status and response time of the page, from the injection to the recovery; with fewer than 100 scrapes, p99 is the maximum | 200 in less than ${targets.p99Milliseconds} ms |
| others | highest age of the samples of the healthy server, which are polled every ${intervalSeconds} s | at most ${targets.othersAgeSeconds} s |
| detection | time from the injection to the first page with the expected state, in intervals of ${intervalSeconds} s; 0 if every page had it | at most 2 |
| recovery | time from the end of the fault to the first page without its effects; pgvitals is not restarted | at most ${targets.recoverySeconds} s |
| sessions | highest number of open sessions on the page, and sessions on the server after the recovery | at most ${targets.sessions} (\`max_sessions\`) |`

/** docs/reliability.md: the table of all faults. A fault that was not tried has no numbers. */
export function reliabilityPage(faults: readonly Fault[], rows: readonly Row[]): string {
  const byName = new Map(rows.map((row) => [row.name, row]))
  const sections = Object.entries(groups).flatMap(([group, title]) => renderGroup(group as Group, title, faults, byName))
  const covered = notCovered.map(([what, why]) => `- **${what}**: ${why}`)
  return `${[introduction, summary(faults, byName), ...sections, '## Not covered', covered.join('\n')].join('\n\n')}\n`
}

function summary(faults: readonly Fault[], rows: ReadonlyMap<string, Row>): string {
  const tried = faults.flatMap(({ name }) => rows.get(name) ?? [])
  const met = tried.filter(({ missed }) => missed.length === 0)
  const dates = [...new Set(tried.map(({ date }) => date))].sort()
  const period = dates.length === 0 ? '' : ` Tried from ${dates[0]} to ${dates.at(-1)}.`
  return `**Result.** ${faults.length} faults, ${tried.length} tried, ${met.length} meet every target.${period}`
}

function renderGroup(group: Group, title: string, faults: readonly Fault[], rows: ReadonlyMap<string, Row>): readonly string[] {
  const own = faults.filter((fault) => fault.group === group)
  if (own.length === 0) return []
  const head = [
    '| fault | page | status | p99, ms | others, s | detection, intervals | recovery, s | sessions | targets |',
    '|---|---|---|---:|---:|---:|---:|---:|---|'
  ]
  const lines = own.map(({ name, truth }) => renderRow(name, truth.says, rows.get(name)))
  return [`## ${title}`, [...head, ...lines].join('\n')]
}

function renderRow(name: string, expected: string, row: Row | undefined): string {
  if (row === undefined) return line([name, `expected: ${expected}`, '', '', '', '', '', '', 'not tried'])
  const page = row.missed.includes('truth') ? `${row.saw}; expected: ${expected}` : row.saw
  const verdict =
    row.missed.length === 0
      ? 'met'
      : `**missed**: ${[...row.missed.filter((one) => one !== 'trial').map((one) => (one === 'truth' ? 'detection' : one)), ...row.problems].join(', ')}`
  return line([
    name,
    page,
    row.statuses.map((status) => (status === 0 ? 'none' : status)).join(', '),
    row.p99Milliseconds.toLocaleString('en-US'),
    row.othersAgeSeconds ?? 'absent',
    row.truthSeconds === null ? '–' : (row.truthSeconds / intervalSeconds).toFixed(1),
    row.recoverySeconds ?? '–',
    `${row.sessionsPeak}, ${row.sessionsLeft ?? '–'}`,
    verdict
  ])
}

function line(cells: readonly (string | number)[]): string {
  return `| ${cells.map((cell) => String(cell).replaceAll(/[|\n]/g, ' ').replaceAll('<', '&lt;')).join(' | ')} |`
}
