import type { FieldConfig, FieldConfigSource, Panel as SdkPanel, ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard'
import { type Dataquery, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus'
import { type Detail, details } from '../../../src/query/detail.ts'
import { detailOfExpression } from '../detail.ts'
import { type Steps, thresholdsOf } from './colours.ts'
import { type DataLink, type Destination, dataLinks, openByClick } from './links.ts'

/** Grafana's names of units. */
export type Unit =
  | 'short' // a number, abbreviated
  | 'none' // a number in full
  | 'percentunit' // 0 to 1
  | 's'
  | 'bytes' // powers of 1024
  | 'binBps' // bytes per second
  | 'ops' // operations per second
  | 'reqps' // statements per second
  | 'dateTimeFromNow' // milliseconds since 1970, as "2 hours ago"

/** Width and height in cells of the grid, which is 24 cells wide. */
export type Size = readonly [width: number, height: number]

/** The description: what the panel shows, why it matters, what is normal, and what to do next if that is more than to follow the link. */
export type About = readonly [shows: string, matters: string, normal: string, next?: string]

/** The options that all kinds of panels have. */
export interface PanelSpec {
  readonly about: About
  readonly steps?: Steps
  readonly decimals?: number
  readonly min?: number
  readonly max?: number
  readonly mappings?: ValueMapping[]
  /** Where a click on a series leads. */
  readonly links?: readonly Destination[] | undefined
  /** The text in place of missing data. */
  readonly empty?: string
}

/** One query of a panel. */
export interface Line {
  readonly expr: string
  readonly legend?: string
  readonly colour?: string
  /** A limit or an earlier time: dashed, without area, not stacked. */
  readonly dashed?: boolean
}

/** One query, or several. */
export type Queries = Line | { readonly lines: readonly Line[] }

export const linesOf = (queries: Queries): readonly Line[] => ('lines' in queries ? queries.lines : [queries])

/** JSON has no undefined values, so that optional keys may be undefined here. */
type Optional<T> = { [Key in keyof T]?: T[Key] | undefined }

type Target = Optional<Omit<Dataquery, '_implementsDataqueryVariant'>>
type Override = FieldConfigSource['overrides'][number]
/** The SDK types the links of a field as links of a dashboard, which have other keys. */
type Field = Optional<Omit<FieldConfig, 'links'>> & { readonly links?: readonly DataLink[] | undefined }

/** A panel as Grafana reads it. */
export interface Panel extends Omit<SdkPanel, 'targets' | 'fieldConfig'> {
  readonly targets: readonly Target[]
  readonly fieldConfig: { readonly defaults: Field; readonly overrides: readonly Override[] }
}

/** A panel without a position and an id. */
export type Unplaced = Omit<Panel, 'id' | 'gridPos'> & { readonly size: Size }

/** The parts that differ between kinds of panels. */
interface Parts extends Pick<SdkPanel, 'transformations'> {
  readonly targets: readonly Target[]
  readonly options: object
  readonly field?: Field
  readonly overrides?: readonly Override[]
}

/** The selected data source; Grafana requires it in panels and in queries. */
export const datasource = { type: 'prometheus', uid: `\${datasource}` } as const

/** A panel of a kind: what all panels have, and the parts of this one. */
export function panel(
  type: string,
  title: string,
  size: Size,
  unit: Unit,
  spec: PanelSpec,
  { field, overrides = [], ...parts }: Parts
): Unplaced {
  const { about, steps, decimals, min, max, mappings, links, empty } = spec
  const [shows, matters, normal, next = links?.slice(0, 1).map(openByClick).join()] = about
  const levels = parts.targets.map(({ expr = '' }) => details.indexOf(detailOfExpression(expr)))
  const [first, whole] = [details[Math.min(...levels)] ?? 'minimal', details[Math.max(...levels)] ?? 'minimal']
  const defaults: Field = {
    unit,
    noValue: withDetail(empty ?? 'No data: see the Exporter dashboard for failing queries and missing privileges', first),
    thresholds: steps && thresholdsOf(steps),
    decimals,
    min,
    max,
    mappings,
    links: links && dataLinks(links, '__field.labels'),
    ...field
  }
  return {
    type,
    title,
    description: `**Shows:** ${shows}${detailNote(first, whole)}\n\n**Matters:** ${matters}\n\n**Normal:** ${normal}\n\n**Next:** ${next}`,
    datasource,
    fieldConfig: { defaults, overrides },
    ...parts,
    size
  }
}

/** The text in place of missing data. Below the level of detail that exports the data, its absence has no meaning. */
function withDetail(empty: string, detail: Detail): string {
  if (detail === 'minimal') return empty
  return `${empty}, or detail is ${detail === 'standard' ? 'minimal' : 'not full'}`
}

function detailNote(first: Detail, whole: Detail): string {
  if (whole === 'minimal') return ''
  return first === whole ? ` Needs \`detail: ${whole}\`.` : ` Some of the data needs \`detail: ${whole}\`.`
}

const targetsOf =
  (kind: 'range' | 'instant') =>
  (queries: Queries, format = PromQueryFormat.TimeSeries): readonly Target[] =>
    linesOf(queries).map(({ expr, legend }, index) => ({
      refId: refId(index),
      datasource,
      expr,
      ...(kind === 'range' ? { range: true } : { instant: true }),
      format,
      legendFormat: legend ?? (kind === 'range' ? '__auto' : undefined)
    }))

/** Queries over the time range, with the reference ids `A`, `B` and so on. */
export const rangeTargets = targetsOf('range')
/** Queries at the end of the time range. */
export const instantTargets = targetsOf('instant')

export const refId = (index: number): string => String.fromCharCode('A'.charCodeAt(0) + index)
