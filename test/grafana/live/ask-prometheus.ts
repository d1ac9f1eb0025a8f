import type { BoardFile, TargetFile } from '../dashboards/panels-of.ts'

/** One series of an answer. */
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

export type Ask = ReturnType<typeof askPrometheus>

/** Asks as Grafana does: queries of the last moment, or of the whole range in steps. */
export function askPrometheus(url: string, rangeSeconds: number, scrapeSeconds = 15) {
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

/** What each variable of a board stands for: what was chosen, all, or the first value that there is. */
export async function valuesOfVariables(
  ask: Ask,
  { templating }: BoardFile,
  chosen: Readonly<Record<string, string>>
): Promise<Readonly<Record<string, string>>> {
  const values: Record<string, string> = {}
  for (const { name, query, includeAll, allValue, regex, current } of templating.list) {
    const text = typeof query === 'object' ? query.query : ''
    const [, selector = '', label = ''] = /^label_values\((.*), (\w+)\)$/.exec(text) ?? /^query_result\((.*)\)$/.exec(text) ?? []
    if (chosen[name] !== undefined) values[name] = chosen[name]
    else if (includeAll) values[name] = allValue ?? '.*'
    else if (selector === '') values[name] = String(current?.value ?? '')
    else {
      const labelName = label || (/\/(\w+)=/.exec(regex ?? '')?.[1] ?? '')
      const found = (await ask.instant(selector, values)).map(({ metric }) => metric[labelName] ?? '')
      values[name] = found.sort()[0] ?? ''
    }
  }
  return values
}
