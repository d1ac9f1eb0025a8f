import { LegendDisplayMode, LegendPlacement, SortOrder, TooltipDisplayMode, VisibilityMode } from '@grafana/grafana-foundation-sdk/common'
import { FieldColorModeId, type ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard'
import type { Options as TimelineOptions } from '@grafana/grafana-foundation-sdk/statetimeline'
import type { Options as HistoryOptions } from '@grafana/grafana-foundation-sdk/statushistory'
import { type Destination, dataLinks } from './links.ts'
import { type PanelSpec, panel, rangeTargets, type Target, type Unplaced } from './panel.ts'

interface StateSpec extends PanelSpec {
  readonly states: readonly (Target & { readonly legend: string })[]
  readonly mappings: readonly ValueMapping[]
  readonly links?: readonly Destination[]
}

const legend = { displayMode: LegendDisplayMode.List, placement: LegendPlacement.Bottom, showLegend: true, calcs: [] }
const tooltip = { mode: TooltipDisplayMode.Single, sort: SortOrder.None }

/** Which state something was in, for how long. */
export function stateTimeline(spec: StateSpec): Unplaced {
  const options: TimelineOptions = { showValue: VisibilityMode.Never, rowHeight: 0.8, mergeValues: true, legend, tooltip }
  return statePanel('state-timeline', spec, options)
}

/** Which state something was in, poll by poll. */
export function statusHistory(spec: StateSpec): Unplaced {
  const options: HistoryOptions = { showValue: VisibilityMode.Never, rowHeight: 0.9, legend, tooltip }
  return statePanel('status-history', spec, options)
}

const statePanel = (type: string, spec: StateSpec, options: object): Unplaced =>
  panel(type, spec, {
    targets: rangeTargets(spec.states),
    options,
    field: {
      color: { mode: FieldColorModeId.Thresholds },
      mappings: [...spec.mappings],
      custom: { fillOpacity: 80, lineWidth: 0 },
      ...(spec.links === undefined ? {} : { links: [...dataLinks(spec.links, '__field.labels')] as never })
    }
  })
