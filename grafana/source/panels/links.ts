import { type DashboardLink, DashboardLinkType } from '@grafana/grafana-foundation-sdk/dashboard'

/** The titles of the dashboards, by uid. */
export const titles = {
  'pgvitals-home': 'Home',
  'pgvitals-instance': 'Server',
  'pgvitals-database': 'Database',
  'pgvitals-connections': 'Connections',
  'pgvitals-queries': 'Statements',
  'pgvitals-query': 'Statement details',
  'pgvitals-activity': 'Activity and locks',
  'pgvitals-storage': 'Storage',
  'pgvitals-table': 'Table details',
  'pgvitals-vacuum': 'Vacuum',
  'pgvitals-replication': 'Replication and WAL',
  'pgvitals-exporter': 'Exporter',
  'pgvitals-alerts': 'Alerts'
} as const

export type Uid = keyof typeof titles

/** Targets of links: the dashboard, the link's title, and the labels that become variables. The title ends with the last label's value. */
const destinations = {
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
  exporter: ['pgvitals-exporter', 'Exporter', []],
  alerts: ['pgvitals-alerts', 'Alerts', []]
} as const satisfies Readonly<Record<string, readonly [uid: Uid, title: string, labels: readonly string[]]>>

export type Destination = keyof typeof destinations

export interface DataLink {
  readonly title: string
  readonly url: string
}

/** The next step where a click on a series is all there is to do. */
export const openByClick = (name: Destination): string => `Click a series to open the ${titles[destinations[name][0]]} dashboard.`

/** Links of a series (`__field.labels`) or of a table's row (`__data.fields`), with its labels as variables. */
export const dataLinks = (names: readonly Destination[], origin: '__field.labels' | '__data.fields'): readonly DataLink[] =>
  names.map((name) => {
    const [uid, title, labels] = destinations[name]
    const carried = ['datasource', 'job', 'instance'].map((variable) => `\${${variable}:queryparam}`)
    const taken = labels.map((label) => `var-${label}=\${${origin}.${label}}`)
    return {
      title: [title, ...labels.slice(-1).map((label) => `\${${origin}.${label}}`)].join(' '),
      url: `/d/${uid}?${[`\${__url_time_range}`, ...carried, ...taken].join('&')}`
    }
  })

/** The menu of all dashboards; it keeps the time range and the variables. */
export const boardsMenu: DashboardLink = {
  title: 'PostgreSQL',
  type: DashboardLinkType.Dashboards,
  tags: ['pgvitals'],
  asDropdown: true,
  includeVars: true,
  keepTime: true,
  targetBlank: false,
  icon: 'external link',
  tooltip: 'All PostgreSQL dashboards',
  url: ''
}
