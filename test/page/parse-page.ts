/** One sample of a page: its name, labels and value. */
export interface PageSample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** What a page cannot contain because its exporter does not run the queries: the names of these queries and of their metrics. */
export interface Omitted {
  readonly queries: ReadonlySet<string>
  readonly metrics: ReadonlySet<string>
}

const omissions = new WeakMap<readonly PageSample[], Omitted>()

/** Marks the samples of a restricted exporter. Looking for an omitted metric in them throws, because its absence proves nothing. */
export function markOmitted(samples: readonly PageSample[], omitted: Omitted): readonly PageSample[] {
  omissions.set(samples, omitted)
  return samples
}

/** Parses a page of Prometheus's text format. Throws at a line that is neither a comment nor a sample. */
export function parsePage(text: string): readonly PageSample[] {
  return text.split('\n').flatMap((line) => {
    if (line === '' || line.startsWith('#')) return []
    const [, name, labels = '', value] = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
    if (name === undefined || value === undefined) throw new Error(`neither a comment nor a sample: ${line}`)
    return [makeSample(name, labels, Number(value.replace('Inf', 'Infinity')))]
  })
}

/** The labels are parsed when they are first read: most samples of a page are not looked at, and parsing takes most of the time. */
function makeSample(name: string, text: string, value: number): PageSample {
  let labels: Readonly<Record<string, string>> | undefined
  return {
    name,
    get labels() {
      labels ??= parseLabels(text)
      return labels
    },
    value
  }
}

/** The value of the only sample with this name and at least these labels; undefined without one. Throws when there are several. */
export function sampleValue(
  samples: readonly PageSample[],
  name: string,
  labels: Readonly<Record<string, string>> = {}
): number | undefined {
  const found = allOf(samples, name, labels)
  if (found.length > 1) throw new Error(`${found.length} samples of ${name} ${JSON.stringify(labels)}`)
  return found[0]?.value
}

/** All samples with this name and at least these labels. */
export function allOf(samples: readonly PageSample[], name: string, labels: Readonly<Record<string, string>> = {}): readonly PageSample[] {
  const omitted = omissions.get(samples)
  if (omitted?.metrics.has(name) || omitted?.queries.has(labels.query ?? '')) {
    throw new Error(`the exporter of this test does not run the query of ${name} ${JSON.stringify(labels)}; add it to \`queries\``)
  }
  return samples.filter((sample) => sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value))
}

/** Seconds since the Unix timestamp of a sample. */
export function ageOf({ value }: PageSample): number {
  return Date.now() / 1000 - value
}

function parseLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {}
  for (const [, name = '', value = ''] of text.matchAll(/([a-zA-Z_][a-zA-Z0-9_]*)="((?:\\.|[^"\\])*)"/g)) {
    labels[name] = value.includes('\\') ? value.replaceAll(/\\(.)/g, (_, escaped) => (escaped === 'n' ? '\n' : escaped)) : value
  }
  return labels
}
