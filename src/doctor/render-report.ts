import { escapeControls } from './escape-controls.ts'
import type { DatabaseReport, ServerReport } from './report.ts'
import { alignTable, wrapText } from './text.ts'

const width = 100

/** The report for people, for a plain terminal of 100 columns. */
export function renderReport(servers: readonly ServerReport[]): string {
  const wrong = servers.reduce((sum, server) => sum + server.wrong.length, 0)
  const verdict = wrong === 0 ? 'Nothing is wrong.' : `${wrong === 1 ? '1 thing is' : `${wrong} things are`} wrong.`
  return `${[...servers.map(serverPart), [...boundary, '', verdict]].map((lines) => lines.map(escapeControls).join('\n')).join('\n\n')}\n`
}

const boundary = wrapText(
  'The role is the boundary, not the session: pgvitals sets its sessions read-only, but what the role may do, whoever has its password may do too.',
  width,
  '',
  ''
)

function serverPart(report: ServerReport): readonly string[] {
  const { server, databases, wrong, hints } = report
  const table = alignTable([['database', 'team', 'answers', 'version', 'role', 'TLS', 'blind to'], ...databases.map(row)])
  return [
    `Server ${server}`,
    '',
    ...table.map((line) => `  ${line}`),
    ...section('Wrong', wrong),
    ...section('Hints', hints),
    ...scriptPart(report)
  ]
}

function row({ database, team, isReachable, failure, version, isStandby, role, tls, blind }: DatabaseReport): readonly string[] {
  const answers = isReachable ? 'yes' : `no (${failure})`
  const unseen = blind.length === 0 ? 'nothing' : `${blind.length} ${blind.length === 1 ? 'query' : 'queries'}`
  const kind = isStandby === true ? ', standby' : ''
  return [
    database,
    team || '-',
    answers,
    version === undefined ? '-' : `${version}${kind}`,
    role ?? '-',
    tls ?? '-',
    isReachable ? unseen : '-'
  ]
}

function section(title: string, problems: ServerReport['wrong']): readonly string[] {
  if (problems.length === 0) return []
  return [
    '',
    `  ${title}`,
    ...problems.flatMap(({ databases, text, costs }) => [
      ...wrapText(`${databases.join(', ')}: ${text}.`, width, '  - ', '    '),
      ...(costs === undefined ? [] : wrapText(`${costs}.`, width, '    Costs: ', '    '))
    ])
  ]
}

/** The script for where the server runs, or where that is not known for both, once when they are the same. */
function scriptPart({ platform, scripts, databases }: ServerReport): readonly string[] {
  const where = databases.some(({ isStandby }) => isStandby === true) ? ' on the primary' : ''
  const one = (title: string, script: string) =>
    script === '' ? [] : ['', `  ${title}`, '', ...script.split('\n').map((line) => `    ${line}`)]
  const titles = {
    postgresql: `What mends it, with psql as a superuser${where}:`,
    rds: `What mends it on RDS, with psql as the master user${where}:`
  }
  if (platform !== undefined) return one(titles[platform], scripts[platform])
  if (scripts.postgresql === scripts.rds)
    return one(`What mends it, with psql as a superuser, on RDS as the master user${where}:`, scripts.rds)
  return [...one(titles.postgresql, scripts.postgresql), ...one(titles.rds, scripts.rds)]
}
