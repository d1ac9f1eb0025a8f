import { escapeControls } from './control-characters.ts'
import type { DatabaseReport, ServerReport } from './report.ts'

const width = 100

/** Formats the reports for a terminal with 100 columns. */
export function renderReport(servers: readonly ServerReport[]): string {
  const errors = servers.reduce((sum, server) => sum + server.errors.length, 0)
  const verdict = errors === 0 ? 'No errors.' : errors === 1 ? '1 error.' : `${errors} errors.`
  return `${[...servers.map(renderServer), [...boundary, '', verdict]].map((lines) => lines.map(escapeControls).join('\n')).join('\n\n')}\n`
}

const boundary = wrapText(
  'The role is the security boundary, not the session: pgvitals opens read-only sessions, but anyone who has the password has all privileges of the role.',
  '',
  ''
)

function renderServer(report: ServerReport): readonly string[] {
  const { server, detail, databases, errors, hints } = report
  const table = alignTable([
    ['database', 'team', 'reachable', 'version', 'role', 'TLS', 'detail', 'blind spots'],
    ...databases.map(cellsOf)
  ])
  return [
    `Server ${server}, detail: ${detail}`,
    '',
    ...table.map((line) => `  ${line}`),
    ...renderFindings('Errors', errors),
    ...renderFindings('Hints', hints),
    ...renderFix(report)
  ]
}

function cellsOf({
  database,
  team,
  isReachable,
  failure,
  version,
  isStandby,
  role,
  tls,
  detail,
  blindSpots
}: DatabaseReport): readonly string[] {
  return [
    database,
    team || '-',
    isReachable ? 'yes' : `no (${failure})`,
    version === undefined ? '-' : `${version}${isStandby === true ? ', standby' : ''}`,
    role ?? '-',
    tls ?? '-',
    detail,
    isReachable ? countQueries(blindSpots.length) : '-'
  ]
}

function countQueries(count: number): string {
  if (count === 0) return 'none'
  return count === 1 ? '1 query' : `${count} queries`
}

function renderFindings(title: string, findings: ServerReport['errors']): readonly string[] {
  if (findings.length === 0) return []
  return [
    '',
    `  ${title}`,
    ...findings.flatMap(({ databases, text, effect }) => [
      ...wrapText(`${databases.join(', ')}: ${text}.`, '  - ', '    '),
      ...(effect === undefined ? [] : wrapText(`${effect}.`, '    Effect: ', '    '))
    ])
  ]
}

/** The script for the platform. If the platform is unknown, the scripts for both, or one if they are equal. */
function renderFix({ platform, scripts, databases }: ServerReport): readonly string[] {
  const where = databases.some(({ isStandby }) => isStandby === true) ? ' on the primary' : ''
  const render = (title: string, script: string) =>
    script === '' ? [] : ['', `  ${title}${where}:`, '', ...script.split('\n').map((line) => `    ${line}`)]
  const titles = {
    postgresql: 'Fix, with psql as a superuser',
    rds: 'Fix on RDS, with psql as the master user'
  }
  if (platform !== undefined) return render(titles[platform], scripts[platform])
  if (scripts.postgresql === scripts.rds) return render('Fix, with psql as a superuser, or on RDS as the master user', scripts.rds)
  return [...render(titles.postgresql, scripts.postgresql), ...render(titles.rds, scripts.rds)]
}

/** Pads every cell to the width of its column, except in the last column. */
function alignTable(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => [...(row[column] ?? '')].length)))
  return rows.map((row) =>
    row
      .map((cell, column) => cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - [...cell].length)))
      .join('  ')
      .trimEnd()
  )
}

/** Breaks a text between words. A word longer than a line is not broken. */
function wrapText(text: string, firstIndent: string, indent: string): readonly string[] {
  const lines: string[] = []
  let line = firstIndent
  let isEmpty = true
  for (const word of text.split(' ')) {
    if (!isEmpty && line.length + 1 + word.length > width) {
      lines.push(line)
      line = indent
      isEmpty = true
    }
    line += isEmpty ? word : ` ${word}`
    isEmpty = false
  }
  return [...lines, line]
}
