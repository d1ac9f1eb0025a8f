// Draws the panels of one dashboard similar to Grafana: grid, titles, units, thresholds, value mappings and joined tables.
const colours = { green: '#73bf69', orange: '#ff9830', red: '#f2495c', blue: '#5794f2', purple: '#b877d9', 'dark-red': '#c4162a' }
const colour = (name) => colours[name] ?? (name === 'text' ? '#ccc' : name)
const byName = (name) => `hsl(${[...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 359, 7)} 60% 60%)`
const plainText = (text) => String(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;')

/** The value in the largest unit that does not exceed it. Units are in ascending order. */
function inSteps(value, steps) {
  const all = Object.entries(steps)
  const [name, factor] = all.findLast(([, factor]) => Math.abs(value) >= factor) ?? all[0]
  return `${Number((value / factor).toPrecision(3))} ${name}`.trim()
}
const times = { µs: 1e-6, ms: 1e-3, s: 1, min: 60, hours: 3600, days: 86400, weeks: 604800, years: 31557600 }
const binary = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3, TiB: 1024 ** 4 }
const decimal = { '': 1, K: 1e3, Mil: 1e6, Bil: 1e9 }
const units = {
  percentunit: (value, decimals) => `${(value * 100).toFixed(decimals ?? (value !== 0 && Math.abs(value) < 0.1 ? 2 : 1))}%`,
  s: (value) => (value === 0 ? '0 s' : inSteps(value, times)),
  bytes: (value) => inSteps(value, binary),
  binBps: (value) => `${inSteps(value, binary)}/s`,
  ops: (value) => `${inSteps(value, decimal)} ops/s`,
  reqps: (value) => `${inSteps(value, decimal)} req/s`,
  dateTimeFromNow: (value) => `${inSteps((Date.now() - value) / 1000, times)} ago`,
  short: (value, decimals) => (decimals === undefined ? inSteps(value, decimal) : value.toFixed(decimals))
}
const format = (value, unit, decimals) => (value === undefined ? '' : (units[unit]?.(value, decimals) ?? String(value)))
const stepColour = (thresholds, value) => colour(thresholds.steps.findLast((step) => step.value === null || value >= step.value).color)
const mapped = (mappings, value) => mappings?.map(({ options }) => options[String(value)]).find(Boolean)
const lastOf = ({ points }) => Number(points.at(-1)[1])

function timeseries({ frames, gridPos, fieldConfig }, box) {
  const { unit, thresholds, custom, decimals, min, max } = fieldConfig.defaults
  const at = [...new Set(frames.flatMap(({ points }) => points.map(([time]) => time)))].sort((a, b) => a - b)
  const lines = frames.map(({ refId, legend, points }) => {
    const known = new Map(points.map(([time, value]) => [time, Number(value)]))
    const matches = ({ matcher }) => matcher.options === (matcher.id === 'byFrameRefID' ? refId : legend)
    const own = new Map(fieldConfig.overrides.filter(matches).flatMap(({ properties }) => properties.map(({ id, value }) => [id, value])))
    const values = at.map((time) => (Number.isFinite(known.get(time)) ? known.get(time) : null))
    const seen = values.filter((value) => value !== null)
    const stroke = colour(own.get('color')?.fixedColor ?? byName(legend))
    const [last, most, isDashed] = [seen.at(-1) ?? 0, Math.max(...seen), own.has('custom.lineStyle')]
    return { legend, values, last, most, stroke, isDashed, isLone: seen.length < 3 }
  })
  const isStacked = custom.stacking.mode === 'normal'
  const sums = at.map(() => 0)
  for (const line of lines) {
    line.drawn = line.values
    if (!isStacked || line.isDashed) continue
    for (const index of at.keys()) sums[index] += line.values[index] ?? 0
    line.drawn = line.values.map((value, index) => (value === null ? null : sums[index]))
  }
  const isRight = gridPos.w >= 16
  const rows = [...lines]
    .sort((a, b) => b.last - a.last)
    .slice(0, isRight ? 9 : 5)
    .map(
      ({ legend, stroke, last, most }) =>
        `<tr><td><i style="background:${stroke}"></i>${plainText(legend)}</td><td>${format(last, unit, decimals)}</td><td>${format(most, unit, decimals)}</td></tr>`
    )
  const more = lines.length > rows.length ? `<small>and ${lines.length - rows.length} more</small>` : ''
  box.innerHTML = `<div></div><div class="legend ${isRight ? 'right' : ''}"><table><tr><th></th><th>last</th><th>max</th></tr>${rows.join('')}</table>${more}</div>`
  const [plot, legend] = box.children
  // The top of the stack first: the areas below cover it.
  if (isStacked) lines.reverse()
  const drawLimits = ({ ctx, bbox, valToPos }) => {
    for (const { value, color } of custom.thresholdsStyle.mode === 'off' ? [] : thresholds.steps.slice(1)) {
      const y = valToPos(value, 'y', true)
      if (y < bbox.top || y > bbox.top + bbox.height) continue
      ctx.strokeStyle = colour(color)
      ctx.setLineDash([6, 6])
      ctx.strokeRect(bbox.left, y, bbox.width, 0)
      ctx.setLineDash([])
    }
  }
  const grid = { stroke: '#2a2c33', width: 1 }
  const incrs = ['bytes', 'binBps'].includes(unit) ? Array.from({ length: 50 }, (_, power) => 2 ** power) : undefined
  new uPlot(
    {
      width: isRight ? box.clientWidth - 330 : box.clientWidth,
      height: isRight ? box.clientHeight : box.clientHeight - legend.offsetHeight,
      legend: { show: false },
      scales: { y: { range: (_, low, high) => [Math.min(min ?? low, low), Math.max(high * 1.1, max ?? 0, high === 0 ? 1 : 0)] } },
      axes: [
        { stroke: '#999', grid },
        { stroke: '#999', size: 80, grid, incrs, values: (_, ticks) => ticks.map((tick) => format(tick, unit)) }
      ],
      series: [
        {},
        ...lines.map(({ stroke, isDashed, isLone }) => ({
          stroke,
          dash: isDashed ? [8, 6] : undefined,
          points: { show: isLone },
          fill: isDashed ? undefined : `color-mix(in srgb, ${stroke} ${isStacked ? 60 : 10}%, transparent)`
        }))
      ],
      hooks: { draw: [drawLimits] }
    },
    [at, ...lines.map(({ drawn }) => drawn)],
    plot
  )
}

function stat({ frames, gridPos, options, fieldConfig }, box) {
  const { unit, thresholds, mappings, decimals } = fieldConfig.defaults
  box.classList.add('stat')
  box.innerHTML = frames
    .slice(0, 6)
    .map((frame) => {
      const [value, word] = [lastOf(frame), mapped(mappings, lastOf(frame))]
      const isName = options.textMode === 'name'
      const text = isName ? frame.legend : (word?.text ?? format(value, unit, decimals))
      const size = Math.min(32, (gridPos.w * 70) / text.length / Math.min(frames.length, 6))
      return `<div><b style="color:${word ? colour(word.color) : stepColour(thresholds, value)};font-size:${size}px">${plainText(text)}</b>${isName ? '' : `<small>${plainText(frame.legend)}</small>`}</div>`
    })
    .join('')
}

function bargauge({ frames, fieldConfig }, box) {
  const { unit, thresholds, decimals, max = Math.max(...frames.map(lastOf)) } = fieldConfig.defaults
  box.innerHTML = frames
    .slice(0, Math.floor(box.clientHeight / 24))
    .map((frame) => {
      const [value, shade] = [lastOf(frame), stepColour(thresholds, lastOf(frame))]
      const part = Math.max(0, Math.min(100, (100 * value) / max))
      return `<div class="bar"><span>${plainText(frame.legend)}</span><p><i style="width:${part}%;background:${shade}"></i></p><b style="color:${shade}">${format(value, unit, decimals)}</b></div>`
    })
    .join('')
}

function table({ frames, targets, transformations, options, fieldConfig }, box) {
  const { renameByName, indexByName, excludeByName } = transformations.find(({ id }) => id === 'organize').options
  const titleOf = (field) => renameByName[field] ?? field
  const override = (field, id) =>
    fieldConfig.overrides
      .filter(({ matcher }) => matcher.options === titleOf(field))
      .flatMap(({ properties }) => properties)
      .find((property) => property.id === id)?.value
  // Rows are joined by the labels that all results have.
  const results = Map.groupBy(frames, ({ refId }) => refId)
  const labelSets = [...results.values()].map((result) => new Set(result.flatMap(({ labels }) => Object.keys(labels))))
  const common = [...labelSets[0]].filter((label) => label !== '__name__' && labelSets.every((set) => set.has(label)))
  const rows = new Map()
  for (const {
    refId,
    labels: { __name__, ...labels },
    points
  } of frames) {
    const key = JSON.stringify(common.map((label) => labels[label]))
    rows.set(key, { ...rows.get(key), ...labels, [targets.length === 1 ? 'Value' : `Value #${refId}`]: Number(points.at(-1)[1]) })
  }
  const fields = [...new Set([...rows.values()].flatMap(Object.keys))]
    .filter((field) => !excludeByName[field] && !override(field, 'custom.hidden'))
    .sort((a, b) => (indexByName[a] ?? 99) - (indexByName[b] ?? 99))
  const [{ displayName, desc }] = options.sortBy
  const sorter = Object.keys(renameByName).find((field) => renameByName[field] === displayName)
  const compare = (a, b) => (typeof a === 'string' ? a.localeCompare(b) : (a ?? -Infinity) - (b ?? -Infinity))
  const sorted = [...rows.values()].sort((a, b) => (desc ? compare(b[sorter], a[sorter]) : compare(a[sorter], b[sorter])))
  const cell = (field, value) => {
    if (value === undefined) return '<td></td>'
    if (typeof value === 'string') return `<td class="${override(field, 'links') ? 'link' : ''}">${plainText(value.slice(0, 80))}</td>`
    const word = mapped(override(field, 'mappings'), value)
    const shade = word ? colour(word.color) : stepColour(override(field, 'thresholds') ?? fieldConfig.defaults.thresholds, value)
    return `<td style="color:${shade}">${word?.text ?? format(value, override(field, 'unit'), override(field, 'decimals'))}</td>`
  }
  const shown = sorted.slice(0, Math.floor(box.clientHeight / 24) - 1)
  box.innerHTML = `<table class="data"><tr>${fields.map((field) => `<th>${plainText(titleOf(field))}</th>`).join('')}</tr>${shown.map((row) => `<tr>${fields.map((field) => cell(field, row[field])).join('')}</tr>`).join('')}</table>`
}

function states({ frames, fieldConfig }, box) {
  const at = frames.flatMap(({ points }) => points.map(([time]) => time))
  const [from, to] = [Math.min(...at), Math.max(...at)]
  const width = 100 / new Set(at).size
  box.innerHTML = frames
    .map(({ legend, points }) => {
      const parts = points.map(([time, value]) => {
        const left = to === from ? 0 : ((time - from) / (to - from)) * (100 - width)
        return `<i style="left:${left}%;width:${width + 0.1}%;background:${colour(mapped(fieldConfig.defaults.mappings, Number(value)).color)}"></i>`
      })
      return `<div class="bar"><span>${plainText(legend)}</span><p>${parts.join('')}</p></div>`
    })
    .join('')
}

function heatmap({ frames }, box) {
  const limit = ({ labels }) => Number(labels.le.replace('+Inf', 'Infinity'))
  const at = [...new Set(frames.flatMap(({ points }) => points.map(([time]) => time)))].sort((a, b) => a - b)
  const buckets = [...frames].sort((a, b) => limit(a) - limit(b)).map((frame) => ({ le: limit(frame), counts: new Map(frame.points) }))
  const own = buckets.map(({ le, counts }, index) => ({
    le,
    values: at.map((time) => (counts.get(time) ?? 0) - (buckets[index - 1]?.counts.get(time) ?? 0))
  }))
  const most = Math.max(...own.flatMap(({ values }) => values))
  const cells = (values) =>
    values.map((value) => `<i style="background:rgba(255,152,48,${Math.sqrt(Math.max(0, value) / most)})"></i>`).join('')
  box.innerHTML = own
    .reverse()
    .map(
      ({ le, values }) =>
        `<div class="heat" style="height:${box.clientHeight / own.length}px"><span>${Number.isFinite(le) ? units.s(le) : 'above'}</span>${cells(values)}</div>`
    )
    .join('')
}

const kinds = { timeseries, stat, bargauge, table, heatmap, 'state-timeline': states, 'status-history': states }

globalThis.draw = ({ title, question, variables, panels }) => {
  document.body.innerHTML = `<h1>${plainText(title)}<small>${plainText(question)}</small></h1><div class="variables">${plainText(variables)}</div><div id="grid"></div>`
  const grid = document.getElementById('grid')
  const column = grid.clientWidth / 24
  for (const panel of panels) {
    const { x, y, w, h } = panel.gridPos
    const place = `style="left:${x * column}px;top:${y * 38}px;width:${w * column - 8}px;height:${h * 38 - 8}px"`
    const isRow = panel.type === 'row'
    grid.insertAdjacentHTML(
      'beforeend',
      isRow
        ? `<div class="row" ${place}>▾ ${plainText(panel.title)}</div>`
        : `<div class="panel" ${place}><h2>${plainText(panel.title)}</h2><section></section></div>`
    )
    const box = grid.lastElementChild.querySelector('section')
    if (isRow) continue
    if (panel.frames.length > 0) kinds[panel.type](panel, box)
    else {
      box.classList.add('empty')
      const { noValue } = panel.fieldConfig.defaults
      const alarm = panel.error ? 'Error' : noValue === undefined ? 'No data' : ''
      box.innerHTML = `<b>${alarm}</b>${plainText(panel.error ?? noValue)}`
    }
  }
  grid.style.height = `${Math.max(...panels.map(({ gridPos }) => gridPos.y + gridPos.h)) * 38}px`
}
