import { HeatmapCellLayout, TooltipDisplayMode, VisibilityMode } from '@grafana/grafana-foundation-sdk/common'
import { HeatmapColorMode, HeatmapColorScale, type Options } from '@grafana/grafana-foundation-sdk/heatmap'
import { PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus'
import { type PanelSpec, panel, rangeTargets, type Unplaced } from './panel.ts'

interface HeatmapSpec extends PanelSpec {
  /** The rate of a histogram's buckets by `le`; the unit is that of the buckets' limits. */
  readonly expr: string
}

/** How the values of a histogram are spread over time. */
export function heatmap(spec: HeatmapSpec): Unplaced {
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
    yAxis: { unit: spec.unit },
    legend: { show: true },
    tooltip: { mode: TooltipDisplayMode.Single, yHistogram: true, showColorScale: true },
    exemplars: { color: 'rgba(255,0,255,0.7)' }
  }
  return panel('heatmap', spec, { targets: rangeTargets([{ expr: spec.expr, legend: '{{le}}' }], PromQueryFormat.Heatmap), options })
}
