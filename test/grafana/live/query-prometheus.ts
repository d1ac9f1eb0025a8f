import type { BoardFile, TargetFile } from '../dashboards/panels-of.ts'

/** One series of a result. */
export interface Frame {
  readonly refId: string
  readonly legend: string
  readonly labels: Readonly<Record<string, string>>
  readonly points: readonly (readonly [seconds: number, value: string])[]
}

interface Series {
  readonly metric: Readonly<Record<string, string>>
  readonly value?: readonly [number, string]
  readonly values?: readonly (readonly [number, string])[]
}

export type Client = ReturnType<typeof prometheusClient>

/** Runs queries as Grafana does: at the end of the time range, or over the range in steps. */
export function prometheusClient(url: string, rangeSeconds: number, scrapeSeconds = 15) {
  const end = Math.floor(Date.now() / 1000)
  const step = Math.max(scrapeSeconds, Math.round(rangeSeconds / 200))
  const fetchData = async (path: string, parameters: Record<string, string>) => {
    const response = await fetch(`${url}/api/v1/${path}`, { method: 'POST', body: new URLSearchParams(parameters) })
    const body = (await response.json()) as { error?: string; data: { result: readonly Series[] } }
    if (body.error !== undefined) throw new Error(`${body.error}: ${parameters.query}`)
    return body.data.result
  }
  const fill = (text: string, variables: Readonly<Record<string, string>>) =>
    text.replaceAll(/\$\{?(\w+)(?::\w+)?\}?/g, (whole, name: string) => {
      if (name === '__rate_interval') return `${Math.max(4 * scrapeSeconds, step + scrapeSeconds)}s`
      if (name === '__range') return `${rangeSeconds}s`
      return variables[name] ?? whole
    })
  return {
    instant: (query: string, variables: Readonly<Record<string, string>>) =>
      fetchData('query', { query: fill(query, variables), time: String(end) }),
    target: async (target: TargetFile, variables: Readonly<Record<string, string>>): Promise<readonly Frame[]> => {
      const query = fill(target.expr, variables)
      const result = target.instant
        ? await fetchData('query', { query, time: String(end) })
        : await fetchData('query_range', { query, start: String(end - rangeSeconds), end: String(end), step: String(step) })
      return result.map(({ metric, value, values }) => ({
        refId: target.refId,
        legend: (target.legendFormat ?? '').replaceAll(/\{\{(\w+)\}\}/g, (_, label: string) => metric[label] ?? '').trim(),
        labels: metric,
        points: values ?? (value === undefined ? [] : [value])
      }))
    }
  }
}

/** The values of a dashboard's variables: selected ones, all, or the first value. */
export async function valuesOfVariables(
  client: Client,
  { templating }: BoardFile,
  selected: Readonly<Record<string, string>>
): Promise<Readonly<Record<string, string>>> {
  const values: Record<string, string> = {}
  for (const { name, query, includeAll, allValue, regex, current } of templating.list) {
    const text = typeof query === 'object' ? query.query : ''
    const [, selector = '', label = ''] = /^label_values\((.*), (\w+)\)$/.exec(text) ?? /^query_result\((.*)\)$/.exec(text) ?? []
    if (selected[name] !== undefined) values[name] = selected[name]
    else if (includeAll) values[name] = allValue ?? '.*'
    else if (selector === '') values[name] = String(current?.value ?? '')
    else {
      const labelName = label || (/\/(\w+)=/.exec(regex ?? '')?.[1] ?? '')
      const found = (await client.instant(selector, values)).map(({ metric }) => metric[labelName] ?? '')
      values[name] = found.sort()[0] ?? ''
    }
  }
  return values
}
