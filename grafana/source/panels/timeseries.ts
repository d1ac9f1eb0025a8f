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
import { colours } from './colours.ts'
import {
  type Line,
  linesOf,
  type PanelSpec,
  panel,
  type Queries,
  rangeTargets,
  refId,
  type Size,
  type Unit,
  type Unplaced
} from './panel.ts'

type Spec = PanelSpec &
  Queries & {
    readonly isStacked?: boolean
    /** Colours of series by their legend. */
    readonly colours?: Readonly<Record<string, string>>
  }

/** Values over time. A series has the same colour on all panels; thresholds are dashed lines. */
export function timeseries(title: string, size: Size, unit: Unit, spec: Spec): Unplaced {
  const { isStacked = false } = spec
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
      placement: size[0] >= 16 ? LegendPlacement.Right : LegendPlacement.Bottom,
      showLegend: true,
      calcs: ['lastNotNull', 'max'],
      sortBy: 'Last *',
      sortDesc: true
    },
    tooltip: { mode: TooltipDisplayMode.Multi, sort: SortOrder.Descending }
  }
  const named = Object.entries(spec.colours ?? {}).map(([name, colour]) => override('byName', name, [fixed(colour)]))
  return panel(
    'timeseries',
    title,
    size,
    unit,
    { min: 0, ...spec },
    {
      targets: rangeTargets(spec),
      options,
      field: { color: { mode: FieldColorModeId.PaletteClassicByName }, custom },
      overrides: [...linesOf(spec).flatMap(overridesOf), ...named]
    }
  )
}

const dash = [
  { id: 'custom.lineStyle', value: { fill: 'dash', dash: [8, 6] } },
  { id: 'custom.fillOpacity', value: 0 },
  { id: 'custom.stacking', value: { mode: StackingMode.None } }
]

function overridesOf({ dashed, colour }: Line, index: number) {
  if (dashed) return [override('byFrameRefID', refId(index), [fixed(colour ?? colours.limit), ...dash])]
  return colour === undefined ? [] : [override('byFrameRefID', refId(index), [fixed(colour)])]
}

const override = (id: string, options: string, properties: { id: string; value: unknown }[]) => ({ matcher: { id, options }, properties })
const fixed = (fixedColor: string) => ({ id: 'color', value: { mode: FieldColorModeId.Fixed, fixedColor } })
