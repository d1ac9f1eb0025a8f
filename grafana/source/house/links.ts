import { type DashboardLink, DashboardLinkType } from '@grafana/grafana-foundation-sdk/dashboard'

/** What a click on a series or a row leads to: a board, and the labels that become its variables. */
export const destinations = {
  server: ['pgvitals-instance', 'Server', ['server']],
  database: ['pgvitals-database', 'Database', ['server', 'datname']],
  connections: ['pgvitals-connections', 'Connections of', ['server', 'datname']],
  queries: ['pgvitals-queries', 'Statements of', ['server', 'datname']],
  query: ['pgvitals-query', 'Statement', ['server', 'datname', 'queryid']],
  activity: ['pgvitals-activity', 'Activity and locks of', ['server', 'datname']],
  storage: ['pgvitals-storage', 'Storage of', ['server', 'datname']],
  table: ['pgvitals-table', 'Table', ['server', 'datname', 'schemaname', 'relname']],
  vacuum: ['pgvitals-vacuum', 'Vacuum of', ['server', 'datname']],
  serverActivity: ['pgvitals-activity', 'Activity and locks of', ['server']],
  serverConnections: ['pgvitals-connections', 'Connections of', ['server']],
  serverVacuum: ['pgvitals-vacuum', 'Vacuum of', ['server']],
  serverStorage: ['pgvitals-storage', 'Storage of', ['server']],
  replication: ['pgvitals-replication', 'Replication of', ['server']],
  exporter: ['pgvitals-exporter', 'Data quality', []],
  alerts: ['pgvitals-alerts', 'Alerts', []]
} as const satisfies Readonly<Record<string, readonly [uid: string, title: string, labels: readonly string[]]>>

export type Destination = keyof typeof destinations

/** Where a link finds the labels: of a series, or of a table's row. */
type Origin = '__field.labels' | '__data.fields'

/** Links of a panel's data; the labels that lead on are taken from what was clicked. */
export const dataLinks = (names: readonly Destination[], origin: Origin): readonly DataLink[] =>
  names.map((name) => {
    const [uid, title, labels] = destinations[name]
    const carried = ['datasource', 'job', 'instance'].map((variable) => `\${${variable}:queryparam}`)
    const taken = labels.map((label) => `var-${label}=\${${origin}.${label}}`)
    return {
      title: [title, ...labels.slice(-1).map((label) => `\${${origin}.${label}}`)].join(' '),
      url: `/d/${uid}?${[`\${__url_time_range}`, ...carried, ...taken].join('&')}`
    }
  })

export interface DataLink {
  readonly title: string
  readonly url: string
}

/** The menu of all boards, which keeps the time and the variables. */
export const boardsMenu: DashboardLink = {
  title: 'PostgreSQL',
  type: DashboardLinkType.Dashboards,
  tags: ['pgvitals'],
  asDropdown: true,
  includeVars: true,
  keepTime: true,
  targetBlank: false,
  icon: 'external link',
  tooltip: 'All boards of this set',
  url: ''
}
