import { FieldTextAlignment, TableCellHeight } from '@grafana/grafana-foundation-sdk/common'
import { FieldColorModeId, type ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard'
import { PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus'
import type { Options } from '@grafana/grafana-foundation-sdk/table'
import { type Steps, thresholdsOf } from './colours.ts'
import { type Destination, dataLinks } from './links.ts'
import { instantTargets, type PanelSpec, panel, refId, type Size, type Unit, type Unplaced } from './panel.ts'

/** A column with one value per row. */
interface ValueColumn {
  readonly title: string
  readonly expr: string
  readonly unit: Unit
  readonly steps?: Steps
  readonly decimals?: number
  readonly width?: number
  readonly mappings?: readonly ValueMapping[]
  /** Draws the value as a bar from 0 to this. */
  readonly gaugeTo?: number
}

/** A column with a label; rows are joined by their labels. */
interface LabelColumn {
  readonly label: string
  readonly title: string
  readonly width?: number
  readonly links?: readonly Destination[]
}

interface Spec extends Omit<PanelSpec, 'steps' | 'links' | 'mappings'> {
  readonly labels: readonly LabelColumn[]
  readonly columns: readonly ValueColumn[]
  /** The title of the column by which rows are sorted, in descending order. */
  readonly sortBy: string
  readonly isAscending?: boolean
  /** Hides the first value column, which is only queried for its labels. */
  readonly hidesFirst?: boolean
}

/** The columns that identify a table. */
export const tableLabels: readonly LabelColumn[] = [
  { label: 'relname', title: 'Table', links: ['table'] },
  { label: 'schemaname', title: 'Schema' },
  { label: 'datname', title: 'Database', links: ['database'] }
]

/** One row per label set, one column per query. Grafana joins the queries by their common labels. */
export function table(title: string, size: Size, spec: Spec): Unplaced {
  const { labels, columns, sortBy, isAscending, hidesFirst } = spec
  const options: Options = {
    frameIndex: 0,
    showHeader: true,
    cellHeight: TableCellHeight.Sm,
    sortBy: [{ displayName: sortBy, desc: !isAscending }]
  }
  const fields = [
    ...labels.map((column) => [column.label, column.title]),
    ...columns.map((column, index) => [columns.length === 1 ? 'Value' : `Value #${refId(index)}`, column.title])
  ] as const
  return panel('table', title, size, 'short', spec, {
    targets: instantTargets({ lines: columns.map(({ expr }) => ({ expr })) }, PromQueryFormat.Table),
    options,
    transformations: [
      { id: 'merge', options: {} },
      {
        id: 'organize',
        options: {
          excludeByName: { Time: true, ...(hidesFirst ? { [columns.length === 1 ? 'Value' : 'Value #A']: true } : {}) },
          indexByName: Object.fromEntries(fields.map(([name], index) => [name, index])),
          renameByName: Object.fromEntries(fields)
        }
      }
    ],
    field: {
      color: { mode: FieldColorModeId.Thresholds },
      thresholds: thresholdsOf(['text']),
      custom: { align: FieldTextAlignment.Auto, inspect: false, filterable: true }
    },
    overrides: [
      // Links need these labels, also where no column shows them.
      ...['job', 'instance', 'server', 'datname', 'schemaname', 'relname', 'queryid']
        .filter((name) => !labels.some(({ label }) => label === name))
        .map((name) => override(name, { 'custom.hidden': true })),
      ...labels.map(({ title, width, links }) =>
        override(title, {
          unit: 'string',
          'custom.width': width,
          links: links === undefined ? undefined : dataLinks(links, '__data.fields')
        })
      ),
      ...columns.map(({ title, unit, steps, decimals, width, gaugeTo, mappings }) =>
        override(title, {
          unit,
          decimals,
          'custom.width': width,
          mappings,
          thresholds: steps === undefined ? undefined : thresholdsOf(steps),
          ...cellOf(steps, gaugeTo)
        })
      )
    ]
  })
}

/** The defined properties of a column. */
const override = (column: string, properties: Readonly<Record<string, unknown>>) => ({
  matcher: { id: 'byName', options: column },
  properties: Object.entries(properties).flatMap(([id, value]) => (value === undefined ? [] : [{ id, value }]))
})

function cellOf(steps: Steps | undefined, gaugeTo: number | undefined) {
  if (gaugeTo !== undefined)
    return { min: 0, max: gaugeTo, 'custom.cellOptions': { type: 'gauge', mode: 'basic', valueDisplayMode: 'text' } }
  return steps === undefined ? {} : { 'custom.cellOptions': { type: 'color-text' } }
}
