import { test } from 'tap'
import { recordings } from '../../grafana/source/rules/recording.ts'
import { boards, type FieldFile, type PanelFile, panelsOf, type TargetFile } from './dashboards/panels-of.ts'
import { unitOf } from './dashboards/unit-of.ts'
import { parseExpression } from './promql/parse-expression.ts'
import { recordedSeries } from './promql/recorded-series.ts'

const series = recordedSeries(recordings)

/** The units for each dimension of an expression. A ratio that may be far above 1 is shown as a number. */
const fitting: Readonly<Record<string, readonly string[]>> = {
  seconds: ['s'],
  bytes: ['bytes'],
  'bytes/s': ['binBps'],
  'count/s': ['ops', 'reqps', 'short'],
  milliseconds: ['dateTimeFromNow'],
  count: ['short', 'none'],
  ratio: ['percentunit', 'short']
}
const units = new Set(Object.values(fitting).flat())

/** The field options of a query's result: those of the panel, or of the column of a table. */
function fieldOf({ type, targets = [], transformations = [], fieldConfig }: PanelFile, { refId }: TargetFile): FieldFile {
  if (type !== 'table') return fieldConfig?.defaults ?? {}
  const titles = transformations.find(({ id }) => id === 'organize')?.options.renameByName ?? {}
  const title = titles[targets.length === 1 ? 'Value' : `Value #${refId}`]
  const properties = fieldConfig?.overrides.find(({ matcher }) => matcher.options === title)?.properties ?? []
  return Object.fromEntries(properties.map(({ id, value }) => [id, value]))
}

test('every panel and column has the unit of its expression', async (t) => {
  for (const board of boards) {
    for (const panel of panelsOf(board)) {
      for (const target of panel.targets ?? []) {
        const { unit = '' } = fieldOf(panel, target)
        const where = `${board.uid} "${panel.title}" ${target.refId} in ${unit}`
        t.ok(units.has(unit), where)
        // States and names have no unit, and the unit of a heatmap is that of the label `le`.
        // "Distance to alert thresholds" divides each value by the threshold of its alert.
        if (unit === 'none' || panel.type === 'heatmap' || panel.title === 'Distance to alert thresholds') continue
        const dimension = unitOf(parseExpression(target.expr), series)
        t.ok(fitting[dimension ?? '']?.includes(unit), `${where}: ${dimension}`)
      }
    }
  }
})

test('thresholds and limits of a ratio are at most 1', async (t) => {
  for (const board of boards) {
    for (const panel of panelsOf(board)) {
      for (const field of [
        fieldOf({ ...panel, type: '' }, { refId: '', expr: '' }),
        ...(panel.targets ?? []).map((target) => fieldOf(panel, target))
      ]) {
        if (field.unit !== 'percentunit') continue
        const values = (field.thresholds?.steps ?? []).map(({ value }) => value ?? 0)
        t.ok(Math.max(0, field.max ?? 0, ...values) <= 1, `${board.uid} "${panel.title}"`)
      }
    }
  }
})
