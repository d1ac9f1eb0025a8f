import { dashboards } from '../../../grafana/source/dashboards.ts'

/** A dashboard as in its JSON file. */
export interface BoardFile {
  readonly uid: string
  readonly title: string
  readonly description: string
  readonly panels: readonly PanelFile[]
  readonly templating: { readonly list: readonly VariableFile[] }
  readonly annotations: { readonly list: readonly { readonly name: string; readonly expr: string; readonly textFormat: string }[] }
}

export interface VariableFile {
  readonly name: string
  readonly type: string
  readonly query?: string | { readonly query: string }
  readonly refresh?: number
  readonly includeAll?: boolean
  readonly allValue?: string
  readonly regex?: string
  readonly current?: { readonly value: string }
}

export interface PanelFile {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly description?: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly panels?: readonly PanelFile[]
  readonly datasource?: unknown
  readonly targets?: readonly TargetFile[]
  readonly transformations?: readonly {
    readonly id: string
    readonly options: { readonly renameByName?: Readonly<Record<string, string>> }
  }[]
  readonly fieldConfig?: {
    readonly defaults: FieldFile
    readonly overrides: readonly {
      readonly matcher: { readonly id: string; readonly options: string }
      readonly properties: readonly PropertyFile[]
    }[]
  }
}

export interface FieldFile {
  readonly unit?: string
  readonly noValue?: string
  readonly max?: number
  readonly thresholds?: { readonly steps: readonly { readonly value: number | null }[] }
  readonly links?: readonly { readonly url: string }[]
}

interface PropertyFile {
  readonly id: string
  readonly value: unknown
}

export interface TargetFile {
  readonly refId: string
  readonly expr: string
  readonly legendFormat?: string
  readonly datasource?: unknown
  readonly range?: boolean
  readonly instant?: boolean
}

/** The dashboards as Grafana reads them. */
export const boards: readonly BoardFile[] = JSON.parse(JSON.stringify(dashboards))

/** The panels of a dashboard, including those in closed rows, without the headings of rows. */
export const panelsOf = (board: BoardFile): readonly PanelFile[] =>
  board.panels.flatMap((panel) => [panel, ...(panel.panels ?? [])]).filter(({ type }) => type !== 'row')

/** Every expression of a dashboard, with its location. */
export const queriesOf = (board: BoardFile): readonly { readonly where: string; readonly expr: string }[] => [
  ...panelsOf(board).flatMap(({ title, targets = [] }) =>
    targets.map(({ refId, expr }) => ({ where: `${board.uid} "${title}" ${refId}`, expr }))
  ),
  ...board.annotations.list.map(({ name, expr }) => ({ where: `${board.uid} annotation "${name}"`, expr })),
  ...board.templating.list.flatMap((variable) => {
    const expr = selectorOf(variable)
    return expr === undefined ? [] : [{ where: `${board.uid} variable ${variable.name}`, expr }]
  })
]

/** The expression of a variable: `label_values(selector, label)` or `query_result(expression)`. */
function selectorOf({ query }: VariableFile): string | undefined {
  const text = typeof query === 'string' ? query : (query?.query ?? '')
  return /^label_values\((.*), \w+\)$/.exec(text)?.[1] ?? /^query_result\((.*)\)$/.exec(text)?.[1]
}
