// The part of Grafana's dashboard model that our dashboards use: any other key or value is an error.
const text = { type: 'string' }
const number = { type: 'number' }
const whole = { type: 'integer', minimum: 0 }
const flag = { type: 'boolean' }
const anything = { type: 'object' }
const list = (items: object) => ({ type: 'array', items })
const only = (...values: readonly unknown[]) => ({ enum: values })

function shape(required: Readonly<Record<string, object>>, optional: Readonly<Record<string, object>> = {}): object {
  return { type: 'object', additionalProperties: false, required: Object.keys(required), properties: { ...required, ...optional } }
}

const datasource = shape({ type: only('prometheus'), uid: only('$' + '{datasource}') })
const link = shape({ title: text, url: { type: 'string', pattern: '^/d/' } })
const thresholds = shape({
  mode: only('absolute'),
  steps: { type: 'array', minItems: 1, items: shape({ value: { type: ['number', 'null'] }, color: { type: 'string', minLength: 2 } }) }
})
const mapping = shape({
  type: only('value'),
  options: { type: 'object', additionalProperties: shape({ text, color: text, index: whole }) }
})
const target = shape(
  {
    refId: { type: 'string', pattern: '^[A-Z]$' },
    datasource,
    expr: { type: 'string', minLength: 3 },
    format: only('time_series', 'table', 'heatmap')
  },
  { range: only(true), instant: only(true), legendFormat: text }
)
const defaults = shape(
  { unit: text, noValue: { type: 'string', minLength: 1 } },
  {
    color: shape({ mode: only('thresholds', 'palette-classic-by-name') }),
    thresholds,
    decimals: whole,
    min: number,
    max: number,
    mappings: list(mapping),
    links: list(link),
    custom: anything
  }
)
const override = shape({
  matcher: shape({ id: only('byName', 'byFrameRefID'), options: text }),
  properties: list(
    shape({ id: { type: 'string', pattern: '^(unit|decimals|min|max|links|mappings|thresholds|color|custom\\.\\w+)$' }, value: {} })
  )
})
const gridPos = shape({
  h: { type: 'integer', minimum: 1 },
  w: { type: 'integer', minimum: 1, maximum: 24 },
  x: { type: 'integer', minimum: 0, maximum: 23 },
  y: whole
})
const panel = shape(
  {
    type: only('timeseries', 'stat', 'bargauge', 'table', 'state-timeline', 'status-history', 'heatmap'),
    id: { type: 'integer', minimum: 1 },
    title: { type: 'string', minLength: 3 },
    description: text,
    datasource,
    gridPos,
    targets: { type: 'array', minItems: 1, items: target },
    fieldConfig: shape({ defaults, overrides: list(override) }),
    options: anything
  },
  { transformations: list(shape({ id: only('merge', 'organize'), options: anything })) }
)
const row = shape({ type: only('row'), id: whole, title: text, collapsed: flag, gridPos, panels: list(panel) })
const current = shape({ text, value: text })
const variable = shape(
  { type: only('query', 'datasource', 'custom'), name: { type: 'string', pattern: '^[a-z]+$' }, label: text },
  {
    query: { anyOf: [text, shape({ query: text, refId: text })] },
    definition: text,
    datasource,
    refresh: only(1, 2),
    sort: only(1),
    multi: flag,
    includeAll: flag,
    allValue: text,
    regex: text,
    hide: only(2),
    current,
    options: list(shape({ text, value: text, selected: flag }))
  }
)
const annotation = shape({
  name: text,
  datasource,
  enable: flag,
  iconColor: text,
  expr: text,
  step: text,
  titleFormat: text,
  textFormat: text,
  useValueForTime: flag
})
const menu = shape({
  title: text,
  type: only('dashboards'),
  tags: list(text),
  asDropdown: only(true),
  includeVars: only(true),
  keepTime: only(true),
  targetBlank: flag,
  icon: text,
  tooltip: text,
  url: only('')
})

/** The schema of a file in grafana/dashboards. */
export const dashboardSchema = shape({
  uid: { type: 'string', pattern: '^pgvitals-[a-z]+$' },
  title: { type: 'string', pattern: '^PostgreSQL / ' },
  description: { type: 'string', pattern: '[?.]$' },
  tags: list(text),
  timezone: only('browser'),
  editable: only(false),
  graphTooltip: only(1),
  time: shape({ from: { type: 'string', pattern: '^now-\\d+[hd]$' }, to: only('now') }),
  refresh: only('1m'),
  schemaVersion: only(39),
  templating: shape({ list: list(variable) }),
  annotations: shape({ list: list(annotation) }),
  links: list(menu),
  panels: list({ anyOf: [row, panel] })
})
