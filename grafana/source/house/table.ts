import { FieldTextAlignment, TableCellHeight } from '@grafana/grafana-foundation-sdk/common'
import { FieldColorModeId, type ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard'
import { PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus'
import type { Options } from '@grafana/grafana-foundation-sdk/table'
import { type Destination, dataLinks } from './links.ts'
import { instantTargets, type PanelSpec, panel, refId, type Unplaced } from './panel.ts'
import { type Steps, thresholds } from './steps.ts'
import type { Unit } from './unit.ts'

/** A column with a number for each row. */
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

/** A column with a label, which rows are joined by. */
interface LabelColumn {
  readonly label: string
  readonly title: string
  readonly width?: number
  readonly links?: readonly Destination[]
}

interface TableSpec extends Omit<PanelSpec, 'unit' | 'steps'> {
  readonly labels: readonly LabelColumn[]
  readonly columns: readonly ValueColumn[]
  /** The title of the column that sorts the rows, the largest first. */
  readonly sortBy: string
  readonly isAscending?: boolean
  /** Leaves out the numbers of the first query, which is there for its labels. */
  readonly hidesFirst?: boolean
}

/** A row for each combination of labels, a column for each query: Grafana joins them by their common labels. */
export function table(spec: TableSpec): Unplaced {
  const options: Options = {
    frameIndex: 0,
    showHeader: true,
    cellHeight: TableCellHeight.Sm,
    sortBy: [{ displayName: spec.sortBy, desc: !spec.isAscending }]
  }
  const valueField = (index: number) => (spec.columns.length === 1 ? 'Value' : `Value #${refId(index)}`)
  const order = [...spec.labels.map(({ label }) => label), ...spec.columns.map((_, index) => valueField(index))]
  const titles = [
    ...spec.labels.map(({ label, title }) => [label, title]),
    ...spec.columns.map(({ title }, index) => [valueField(index), title])
  ]
  return panel(
    'table',
    { ...spec, unit: 'short' },
    {
      targets: instantTargets(
        spec.columns.map(({ expr }) => ({ expr })),
        PromQueryFormat.Table
      ),
      options,
      transformations: [
        { id: 'merge', options: {} },
        {
          id: 'organize',
          options: {
            excludeByName: { Time: true, ...(spec.hidesFirst ? { [valueField(0)]: true } : {}) },
            indexByName: Object.fromEntries(order.map((name, index) => [name, index])),
            renameByName: Object.fromEntries(titles)
          }
        }
      ],
      field: {
        color: { mode: FieldColorModeId.Thresholds },
        thresholds: thresholds(['text']),
        custom: { align: FieldTextAlignment.Auto, inspect: false, filterable: true }
      },
      overrides: [
        // Links need these; people who have chosen them do not.
        ...['job', 'instance', 'server', 'datname', 'schemaname', 'relname', 'queryid']
          .filter((name) => !spec.labels.some(({ label }) => label === name))
          .map(hidden),
        ...spec.labels.map(labelOverride),
        ...spec.columns.map(columnOverride)
      ]
    }
  )
}

const hidden = (name: string) => ({ matcher: { id: 'byName', options: name }, properties: [{ id: 'custom.hidden', value: true }] })

const labelOverride = ({ title, width, links }: LabelColumn) => ({
  matcher: { id: 'byName', options: title },
  properties: [
    { id: 'unit', value: 'string' },
    ...(width === undefined ? [] : [{ id: 'custom.width', value: width }]),
    ...(links === undefined ? [] : [{ id: 'links', value: dataLinks(links, '__data.fields') }])
  ]
})

const columnOverride = ({ title, unit, steps, decimals, width, gaugeTo, mappings }: ValueColumn) => ({
  matcher: { id: 'byName', options: title },
  properties: [
    { id: 'unit', value: unit },
    ...(decimals === undefined ? [] : [{ id: 'decimals', value: decimals }]),
    ...(width === undefined ? [] : [{ id: 'custom.width', value: width }]),
    ...(mappings === undefined ? [] : [{ id: 'mappings', value: mappings }]),
    ...(steps === undefined ? [] : [{ id: 'thresholds', value: thresholds(steps) }]),
    ...cell(steps, gaugeTo)
  ]
})

function cell(steps: Steps | undefined, gaugeTo: number | undefined) {
  if (gaugeTo !== undefined)
    return [
      { id: 'min', value: 0 },
      { id: 'max', value: gaugeTo },
      { id: 'custom.cellOptions', value: { type: 'gauge', mode: 'basic', valueDisplayMode: 'text' } }
    ]
  return steps === undefined ? [] : [{ id: 'custom.cellOptions', value: { type: 'color-text' } }]
}
