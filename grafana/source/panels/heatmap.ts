import { HeatmapCellLayout, TooltipDisplayMode, VisibilityMode } from '@grafana/grafana-foundation-sdk/common'
import { HeatmapColorMode, HeatmapColorScale, type Options } from '@grafana/grafana-foundation-sdk/heatmap'
import { PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus'
import { type PanelSpec, panel, rangeTargets, type Size, type Unit, type Unplaced } from './panel.ts'

/** The buckets of a histogram over time. `expr` yields the buckets by `le`; the unit is that of `le`. */
export function heatmap(title: string, size: Size, unit: Unit, spec: PanelSpec & { readonly expr: string }): Unplaced {
  const options: Options = {
    calculate: false,
    color: {
      mode: HeatmapColorMode.Scheme,
      scheme: 'Oranges',
      fill: 'dark-orange',
      scale: HeatmapColorScale.Exponential,
      exponent: 0.5,
      steps: 32,
      reverse: false
    },
    rowsFrame: { layout: HeatmapCellLayout.Auto },
    showValue: VisibilityMode.Never,
    cellGap: 1,
    filterValues: { le: 1e-9 },
    yAxis: { unit },
    legend: { show: true },
    tooltip: { mode: TooltipDisplayMode.Single, yHistogram: true, showColorScale: true },
    exemplars: { color: 'rgba(255,0,255,0.7)' }
  }
  return panel('heatmap', title, size, unit, spec, {
    targets: rangeTargets({ ...spec, legend: '{{le}}' }, PromQueryFormat.Heatmap),
    options
  })
}
