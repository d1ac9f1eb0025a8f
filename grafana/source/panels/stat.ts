import type { Options as BarGaugeOptions } from '@grafana/grafana-foundation-sdk/bargauge'
import {
  BarGaugeDisplayMode,
  BarGaugeNamePlacement,
  BarGaugeSizing,
  BarGaugeValueMode,
  BigValueColorMode,
  BigValueGraphMode,
  BigValueJustifyMode,
  BigValueTextMode,
  LegendDisplayMode,
  LegendPlacement,
  PercentChangeColorMode,
  VizOrientation
} from '@grafana/grafana-foundation-sdk/common'
import { FieldColorModeId } from '@grafana/grafana-foundation-sdk/dashboard'
import type { Options as StatOptions } from '@grafana/grafana-foundation-sdk/stat'
import { plain } from './colours.ts'
import { instantTargets, type PanelSpec, panel, type Queries, type Size, type Unit, type Unplaced } from './panel.ts'

type Spec = PanelSpec & Queries

const reduceOptions = { calcs: ['lastNotNull'], fields: '', values: false }
const parts = (spec: Spec, options: object) => ({
  targets: instantTargets(spec),
  options,
  field: { color: { mode: FieldColorModeId.Thresholds } }
})

/** One or a few current values, coloured by their threshold. `showsName` shows the legend instead of the number. */
export function stat(title: string, size: Size, unit: Unit, spec: Spec & { readonly showsName?: boolean }): Unplaced {
  const options: StatOptions = {
    reduceOptions,
    orientation: VizOrientation.Auto,
    textMode: spec.showsName ? BigValueTextMode.Name : BigValueTextMode.Auto,
    colorMode: BigValueColorMode.Value,
    graphMode: BigValueGraphMode.None,
    justifyMode: BigValueJustifyMode.Auto,
    wideLayout: true,
    showPercentChange: false,
    percentChangeColorMode: PercentChangeColorMode.Standard
  }
  return panel('stat', title, size, unit, { steps: plain, ...spec }, parts(spec, options))
}

/** Current values as horizontal bars. */
export function barGauge(title: string, size: Size, unit: Unit, spec: Spec): Unplaced {
  const options: BarGaugeOptions = {
    reduceOptions,
    orientation: VizOrientation.Horizontal,
    displayMode: BarGaugeDisplayMode.Basic,
    valueMode: BarGaugeValueMode.Color,
    namePlacement: BarGaugeNamePlacement.Left,
    sizing: BarGaugeSizing.Auto,
    showUnfilled: true,
    minVizWidth: 8,
    minVizHeight: 16,
    maxVizHeight: 28,
    legend: { showLegend: false, displayMode: LegendDisplayMode.List, placement: LegendPlacement.Bottom, calcs: [] }
  }
  return panel('bargauge', title, size, unit, { steps: plain, min: 0, ...spec }, parts(spec, options))
}
