import { readFileSync } from 'node:fs'

/** The text of docs/scale.md with the table of results that follows from its table of figures. Throws if a figure is missing. */
export function scalePage(): string {
  const page = readFileSync(new URL('../docs/scale.md', import.meta.url), 'utf8')
  const [figures = ''] = /(?<=<!-- figures -->\n)[\s\S]*?(?=<!-- \/figures -->)/.exec(page) ?? []
  const values = new Map([...figures.matchAll(/^\| ([^|]+) \| ([\d.]+) \|/gm)].map(([, name = '', value]) => [name, Number(value)]))
  const rows = calculate((name) => {
    const value = values.get(name)
    if (value === undefined) throw new Error(`docs/scale.md has no figure "${name}"`)
    return value
  })
  const table = ['| result | value |', '|---|---:|', ...rows.map(([name, value]) => `| ${name} | ${value} |`)].join('\n')
  return page.replace(/(?<=<!-- result -->\n)[\s\S]*?(?=<!-- \/result -->)/, () => `\n${table}\n\n`)
}

/** The results, each with its name and its value as text. */
export function calculate(figure: (name: string) => number): readonly (readonly [name: string, value: string])[] {
  const databases = figure('databases')
  const perServer = figure('databases per server')
  const series = databases * figure('series per database')
  const load = series / 100_000
  const servers = databases / perServer
  // The largest of some hundred random shards has about s + 3√s servers, three standard deviations more than the mean s.
  const mostServers = (figure('series per process') * servers) / series
  const serversPerShard = ((Math.sqrt(9 + 4 * mostServers) - 3) / 2) ** 2
  const share = figure('share of a core for poll cycles, in percent') / 100
  const cycleSeconds = figure('server CPU per poll cycle, in ms') / 1000
  const samplesPerSecond = series / figure('scrape interval, in seconds')
  const inMimir = series * figure('replicas of a series in Mimir')
  return [
    ['servers', number(servers)],
    ['series', number(series)],
    ['processes, if all shards had the same size', number(Math.ceil(series / figure('series per process')))],
    ['processes, with the largest shard at the limit', number(Math.ceil(servers / serversPerShard))],
    ['CPU of all processes, in cores', number((load * figure('exporter CPU per 100,000 series, in percent of a core')) / 100)],
    ['memory of all processes, in GB', number((load * figure('exporter memory per 100,000 series, in MB')) / 1000)],
    ['poll interval of a database within the share, in minutes', number(Math.max(15, (perServer * cycleSeconds) / share) / 60)],
    ['CPU of poll cycles on each server, in percent of a core', number(Math.min(share, (perServer * cycleSeconds) / 15) * 100)],
    ['samples per second', number(samplesPerSecond)],
    ['Prometheus: memory, in GB', number((series * figure('Prometheus memory per series, in KB')) / 1e6)],
    [
      'Prometheus: disk, in GB',
      number((samplesPerSecond * figure('bytes per sample on disk') * figure('retention, in days') * 86_400) / 1e9)
    ],
    ['Mimir: cores of ingesters', number(inMimir / figure('series in memory per Mimir ingester core'))],
    ['Mimir: memory of ingesters, in GB', number((inMimir / 300_000) * figure('ingester memory per 300,000 series, in GB'))]
  ]
}

/** A number with three significant digits. */
function number(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString('en')
}
