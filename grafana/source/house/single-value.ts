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
import { FieldColorModeId, type ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard'
import type { Options as StatOptions } from '@grafana/grafana-foundation-sdk/stat'
import { type Destination, dataLinks } from './links.ts'
import { instantTargets, type PanelSpec, panel, type Target, type Unplaced } from './panel.ts'
import { plain } from './steps.ts'

interface SingleValueSpec extends PanelSpec {
  readonly values: readonly Target[]
  readonly links?: readonly Destination[]
  readonly mappings?: readonly ValueMapping[]
  /** Shows a label instead of the number. */
  readonly showsName?: boolean
}

const reduceOptions = { calcs: ['lastNotNull'], fields: '', values: false }

/** One or a few numbers of now, in the colour of their threshold. */
export function stat(spec: SingleValueSpec): Unplaced {
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
  return singleValue('stat', spec, options)
}

/** Bars of now, to compare the shares or the fullness of several things. */
export function barGauge(spec: SingleValueSpec): Unplaced {
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
  return singleValue('bargauge', { min: 0, ...spec }, options)
}

const singleValue = (type: string, spec: SingleValueSpec, options: object): Unplaced =>
  panel(
    type,
    { steps: plain, ...spec },
    {
      targets: instantTargets(spec.values),
      options,
      field: {
        color: { mode: FieldColorModeId.Thresholds },
        ...(spec.mappings === undefined ? {} : { mappings: [...spec.mappings] }),
        ...(spec.links === undefined ? {} : { links: [...dataLinks(spec.links, '__field.labels')] as never })
      }
    }
  )
