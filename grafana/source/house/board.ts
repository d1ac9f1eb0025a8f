import { type Dashboard, DashboardCursorSync, type VariableModel } from '@grafana/grafana-foundation-sdk/dashboard'
import { annotations } from './annotations.ts'
import { layOut, type Row } from './layout.ts'
import { boardsMenu } from './links.ts'

interface BoardSpec {
  readonly uid: `pgvitals-${string}`
  readonly title: string
  /** The one question that the board answers. */
  readonly question: string
  readonly variables: readonly VariableModel[]
  readonly rows: readonly Row[]
  /** How far back it looks unless somebody chooses. */
  readonly from?: string
}

/** A dashboard as Grafana loads it from a file. */
export const board = ({ uid, title, question, variables, rows, from = 'now-6h' }: BoardSpec): Dashboard => ({
  uid,
  title: `PostgreSQL / ${title}`,
  description: question,
  tags: ['pgvitals', 'postgresql'],
  timezone: 'browser',
  editable: false,
  graphTooltip: DashboardCursorSync.Crosshair,
  time: { from, to: 'now' },
  refresh: '1m',
  schemaVersion: 39,
  templating: { list: [...variables] },
  annotations: { list: [...annotations] },
  links: [boardsMenu],
  panels: [...layOut(rows)]
})
