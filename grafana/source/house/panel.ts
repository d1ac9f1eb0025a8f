import type { FieldConfig, FieldConfigSource, Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { type Dataquery, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus'
import { type Steps, thresholds } from './steps.ts'
import type { Unit } from './unit.ts'

/** What it shows, why it matters, what is normal, where to go next. */
export type About = readonly [shows: string, matters: string, normal: string, next: string]

/** What every panel has. */
export interface PanelSpec {
  readonly title: string
  readonly about: About
  readonly unit: Unit
  /** Width and height in cells of the grid, which is 24 wide. */
  readonly size: readonly [width: number, height: number]
  readonly steps?: Steps
  readonly decimals?: number
  readonly min?: number
  readonly max?: number
  /** Why there may be nothing to show. */
  readonly empty?: string
}

/** One query of a panel. */
export interface Target {
  readonly expr: string
  readonly legend?: string
}

/** A panel that has no place in the grid and no id yet. */
export type Unplaced = Omit<Panel, 'id' | 'gridPos'> & { readonly size: readonly [width: number, height: number] }

type Override = FieldConfigSource['overrides'][number]

/** The parts by which kinds of panels differ. */
export interface PanelParts {
  readonly targets: readonly PrometheusTarget[]
  readonly options: object
  readonly field?: Partial<FieldConfig>
  readonly overrides?: readonly Override[]
  readonly transformations?: Panel['transformations']
}

/** A query of Prometheus as the SDK types it, without the mark of its builders. */
export type PrometheusTarget = Omit<Dataquery, '_implementsDataqueryVariant'>

/** The chosen data source; panels and queries both have to name it. */
export const datasource = { type: 'prometheus', uid: `\${datasource}` } as const

/** Puts together what all panels have and what this kind has. */
export function panel(type: string, spec: PanelSpec, parts: PanelParts): Unplaced {
  const defaults: FieldConfig = {
    unit: spec.unit,
    noValue: spec.empty ?? 'No data: see the board "exporter" for what is failing, blind or switched off',
    ...(spec.steps === undefined ? {} : { thresholds: thresholds(spec.steps) }),
    ...(spec.decimals === undefined ? {} : { decimals: spec.decimals }),
    ...(spec.min === undefined ? {} : { min: spec.min }),
    ...(spec.max === undefined ? {} : { max: spec.max }),
    ...parts.field
  }
  return {
    type,
    title: spec.title,
    description: describe(spec.about),
    datasource,
    targets: parts.targets as unknown as NonNullable<Panel['targets']>,
    ...(parts.transformations === undefined ? {} : { transformations: parts.transformations }),
    fieldConfig: { defaults, overrides: [...(parts.overrides ?? [])] },
    options: parts.options,
    size: spec.size
  }
}

const describe = ([shows, matters, normal, next]: About): string =>
  [`**Shows:** ${shows}`, `**Matters:** ${matters}`, `**Normal:** ${normal}`, `**Next:** ${next}`].join('\n\n')

/** Queries over the whole range, `A`, `B` and so on. */
export const rangeTargets = (targets: readonly Target[], format = PromQueryFormat.TimeSeries): readonly PrometheusTarget[] =>
  targets.map(({ expr, legend }, index) => ({
    refId: refId(index),
    datasource,
    expr,
    range: true,
    format,
    legendFormat: legend ?? '__auto'
  }))

/** Queries of the last moment alone. */
export const instantTargets = (targets: readonly Target[], format = PromQueryFormat.TimeSeries): readonly PrometheusTarget[] =>
  targets.map(({ expr, legend }, index) => ({
    refId: refId(index),
    datasource,
    expr,
    instant: true,
    format,
    ...(legend === undefined ? {} : { legendFormat: legend })
  }))

/** `A` for the first query. */
export const refId = (index: number): string => String.fromCharCode('A'.charCodeAt(0) + index)
