import { LegendDisplayMode, LegendPlacement, SortOrder, TooltipDisplayMode, VisibilityMode } from '@grafana/grafana-foundation-sdk/common'
import { FieldColorModeId } from '@grafana/grafana-foundation-sdk/dashboard'
import type { Options as TimelineOptions } from '@grafana/grafana-foundation-sdk/statetimeline'
import type { Options as HistoryOptions } from '@grafana/grafana-foundation-sdk/statushistory'
import { type PanelSpec, panel, type Queries, rangeTargets, type Size, type Unplaced } from './panel.ts'

type Spec = PanelSpec & Queries & Required<Pick<PanelSpec, 'mappings'>>

const legend = { displayMode: LegendDisplayMode.List, placement: LegendPlacement.Bottom, showLegend: true, calcs: [] }
const tooltip = { mode: TooltipDisplayMode.Single, sort: SortOrder.None }

/** States over time, equal neighbours merged. */
export function stateTimeline(title: string, size: Size, spec: Spec): Unplaced {
  const options: TimelineOptions = { showValue: VisibilityMode.Never, rowHeight: 0.8, mergeValues: true, legend, tooltip }
  return statePanel('state-timeline', title, size, spec, options)
}

/** States over time, one cell per sample. */
export function statusHistory(title: string, size: Size, spec: Spec): Unplaced {
  const options: HistoryOptions = { showValue: VisibilityMode.Never, rowHeight: 0.9, legend, tooltip }
  return statePanel('status-history', title, size, spec, options)
}

const statePanel = (type: string, title: string, size: Size, spec: Spec, options: object): Unplaced =>
  panel(type, title, size, 'none', spec, {
    targets: rangeTargets(spec),
    options,
    field: { color: { mode: FieldColorModeId.Thresholds }, custom: { fillOpacity: 80, lineWidth: 0 } }
  })
