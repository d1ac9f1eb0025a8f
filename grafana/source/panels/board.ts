import { type Dashboard, DashboardCursorSync, type RowPanel, type VariableModel } from '@grafana/grafana-foundation-sdk/dashboard'
import { annotations } from './annotations.ts'
import { boardsMenu, titles, type Uid } from './links.ts'
import type { Panel, Unplaced } from './panel.ts'

/** The heading of a row; closed rows contain their panels. */
type Heading = Omit<RowPanel, 'panels'> & { readonly panels: readonly Panel[] }

/** A dashboard as Grafana reads it. */
export interface Board extends Omit<Dashboard, 'panels'> {
  readonly panels: readonly (Panel | Heading)[]
}

/** Panels from left to right, line by line. */
interface Row {
  readonly title?: string
  readonly isClosed?: boolean
  readonly panels: readonly Unplaced[]
}

interface BoardSpec {
  /** The one question that the dashboard answers. */
  readonly question: string
  readonly variables: readonly VariableModel[]
  /** The start of the default time range. */
  readonly from?: string
  readonly rows: readonly Row[]
}

/** The panels at the top, without a heading. */
export const top = (...panels: readonly Unplaced[]): Row => ({ panels })
export const row = (title: string, ...panels: readonly Unplaced[]): Row => ({ title, panels })
/** A collapsed row: its queries do not run until it is opened. */
export const closedRow = (title: string, ...panels: readonly Unplaced[]): Row => ({ title, isClosed: true, panels })

/** Builds a dashboard; throws where a line of panels does not fill the width or has panels of different heights. */
export const board = (uid: Uid, { question, variables, from = 'now-6h', rows }: BoardSpec): Board => ({
  uid,
  title: `PostgreSQL / ${titles[uid]}`,
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
  panels: layOut(rows)
})

const gridWidth = 24

function layOut(rows: readonly Row[]): readonly (Panel | Heading)[] {
  let y = 0
  let id = 0
  return rows.flatMap(({ title, isClosed = false, panels }): readonly (Panel | Heading)[] => {
    // Each row starts at the next hundred, so that a new panel does not change the ids of later rows: links contain ids.
    id = Math.ceil((id + 1) / 100) * 100
    const heading = { type: 'row' as const, id, title: title ?? '', collapsed: isClosed, gridPos: { h: 1, w: gridWidth, x: 0, y } }
    if (title !== undefined) y += 1
    const { placed, end } = place(panels, id, y)
    id += panels.length
    // Grafana moves later rows down when a closed one opens.
    if (isClosed) return [{ ...heading, panels: placed }]
    y = end
    return title === undefined ? placed : [{ ...heading, panels: [] }, ...placed]
  })
}

function place(panels: readonly Unplaced[], firstId: number, top: number): { readonly placed: readonly Panel[]; readonly end: number } {
  let [x, y, lineHeight] = [0, top, 0]
  const placed = panels.map(({ size: [w, h], ...panel }, index) => {
    if (x > 0 && h !== lineHeight) throw new Error(`panel "${panel.title}": height ${h} differs from that of its line, ${lineHeight}`)
    const position = { ...panel, id: firstId + 1 + index, gridPos: { h, w, x, y } }
    lineHeight = h
    x += w
    if (x > gridWidth) throw new Error(`panel "${panel.title}": its line is wider than ${gridWidth}`)
    if (x === gridWidth) [x, y] = [0, y + h]
    return position
  })
  if (x !== 0) throw new Error(`panel "${panels.at(-1)?.title}": its line is ${x} wide, not ${gridWidth}`)
  return { placed, end: y }
}
