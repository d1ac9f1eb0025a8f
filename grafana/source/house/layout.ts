import type { Panel, RowPanel } from '@grafana/grafana-foundation-sdk/dashboard'
import type { Unplaced } from './panel.ts'

/** Panels under a title, from left to right and then downwards. */
export interface Row {
  /** Without a title the panels stand at the top of the board. */
  readonly title?: string
  /** A closed row asks nothing until somebody opens it. */
  readonly isClosed?: boolean
  readonly panels: readonly Unplaced[]
}

const gridWidth = 24

/** Gives panels their place and their number. A line of panels has to fill the grid and to be of one height. */
export function layOut(rows: readonly Row[]): readonly (Panel | RowPanel)[] {
  let y = 0
  let id = 0
  return rows.flatMap((row) => {
    // Numbered by row, so that a new panel moves few of the others' links.
    id = Math.ceil((id + 1) / 100) * 100
    const heading = row.title === undefined ? undefined : headingOf(row, id, y)
    if (heading !== undefined) y += 1
    const { placed, end } = place(row.panels, id, y)
    id += row.panels.length
    // What is closed takes no room: Grafana moves the rest down when it opens.
    if (heading !== undefined && row.isClosed) return [{ ...heading, panels: placed }]
    y = end
    return heading === undefined ? placed : [heading, ...placed]
  })
}

const headingOf = ({ title = '', isClosed = false }: Row, id: number, y: number): RowPanel => ({
  type: 'row',
  id,
  title,
  collapsed: isClosed,
  gridPos: { h: 1, w: gridWidth, x: 0, y },
  panels: []
})

function place(panels: readonly Unplaced[], firstId: number, top: number): { placed: Panel[]; end: number } {
  let [x, y, lineHeight] = [0, top, 0]
  const placed = panels.map(({ size: [w, h], ...panel }, index) => {
    if (x > 0 && h !== lineHeight) throw new Error(`The panel "${panel.title}" is ${h} high and its neighbour ${lineHeight}.`)
    const position = { ...panel, id: firstId + 1 + index, gridPos: { h, w, x, y } }
    lineHeight = h
    x += w
    if (x > gridWidth) throw new Error(`The panel "${panel.title}" does not fit into its line.`)
    if (x === gridWidth) [x, y] = [0, y + h]
    return position
  })
  if (x !== 0) throw new Error(`The line that ends with "${panels.at(-1)?.title}" is ${x} wide and not ${gridWidth}.`)
  return { placed, end: y }
}
