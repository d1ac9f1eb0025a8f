import {
  AxisPlacement,
  GraphDrawStyle,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  LineInterpolation,
  SortOrder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode
} from '@grafana/grafana-foundation-sdk/common'
import { FieldColorModeId } from '@grafana/grafana-foundation-sdk/dashboard'
import type { FieldConfig, Options } from '@grafana/grafana-foundation-sdk/timeseries'
import { type Destination, dataLinks } from './links.ts'
import { type PanelSpec, panel, rangeTargets, refId, type Target, type Unplaced } from './panel.ts'
import { colours } from './steps.ts'

/** A line over time. */
interface Line extends Target {
  readonly legend: string
  /** A limit or a time before: dashed, without area, never stacked. */
  readonly dashed?: boolean
  readonly colour?: string
}

interface TimeseriesSpec extends PanelSpec {
  readonly lines: readonly Line[]
  readonly isStacked?: boolean
  /** Colours of series by their legend. */
  readonly colours?: Readonly<Record<string, string>>
  readonly links?: readonly Destination[]
}

/** Numbers over time. Names keep their colours on all panels; thresholds are dashed lines. */
export function timeseries(spec: TimeseriesSpec): Unplaced {
  const isStacked = spec.isStacked ?? false
  const custom: FieldConfig = {
    drawStyle: GraphDrawStyle.Line,
    lineInterpolation: LineInterpolation.Linear,
    lineWidth: 1,
    fillOpacity: isStacked ? 40 : 8,
    showPoints: VisibilityMode.Never,
    spanNulls: false,
    axisPlacement: AxisPlacement.Auto,
    stacking: { mode: isStacked ? StackingMode.Normal : StackingMode.None, group: 'A' },
    thresholdsStyle: { mode: spec.steps === undefined ? GraphThresholdsStyleMode.Off : GraphThresholdsStyleMode.Dashed }
  }
  const options: Options = {
    legend: {
      displayMode: LegendDisplayMode.Table,
      placement: spec.size[0] >= 16 ? LegendPlacement.Right : LegendPlacement.Bottom,
      showLegend: true,
      calcs: ['lastNotNull', 'max'],
      sortBy: 'Last *',
      sortDesc: true
    },
    tooltip: { mode: TooltipDisplayMode.Multi, sort: SortOrder.Descending }
  }
  return panel(
    'timeseries',
    { min: 0, ...spec },
    {
      targets: rangeTargets(spec.lines),
      options,
      field: {
        color: { mode: FieldColorModeId.PaletteClassicByName },
        custom,
        ...(spec.links === undefined ? {} : { links: [...dataLinks(spec.links, '__field.labels')] as never })
      },
      overrides: [
        ...spec.lines.flatMap(overrideOf),
        ...Object.entries(spec.colours ?? {}).map(([name, colour]) => coloured('byName', name, colour))
      ]
    }
  )
}

function overrideOf({ dashed, colour }: Line, index: number) {
  const fixed = colour ?? (dashed ? colours.limit : undefined)
  const dash = [
    { id: 'custom.lineStyle', value: { fill: 'dash', dash: [8, 6] } },
    { id: 'custom.fillOpacity', value: 0 },
    { id: 'custom.stacking', value: { mode: StackingMode.None } }
  ]
  const matched = fixed === undefined ? undefined : coloured('byFrameRefID', refId(index), fixed)
  if (matched === undefined) return []
  return [{ ...matched, properties: [...matched.properties, ...(dashed ? dash : [])] }]
}

const coloured = (id: string, options: string, fixedColor: string) => ({
  matcher: { id, options },
  properties: [{ id: 'color', value: { mode: FieldColorModeId.Fixed, fixedColor } }]
})
