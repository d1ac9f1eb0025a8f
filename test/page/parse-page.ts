/** One sample of a page: its name, its labels, its value. */
export interface PageSample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** Reads a page of Prometheus's text format, strictly: every line that is neither comment nor sample throws. */
export function parsePage(text: string): readonly PageSample[] {
  return text.split('\n').flatMap((line) => {
    if (line === '' || line.startsWith('#')) return []
    const [, name, labels = '', value] = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
    if (name === undefined || value === undefined) throw new Error(`no sample: ${line}`)
    return [{ name, labels: parseLabels(labels), value: Number(value.replace('Inf', 'Infinity')) }]
  })
}

/** The value of the one sample with this name and these labels (others may be there too); throws when there are several. */
export function sampleValue(
  samples: readonly PageSample[],
  name: string,
  labels: Readonly<Record<string, string>> = {}
): number | undefined {
  const found = allOf(samples, name, labels)
  if (found.length > 1) throw new Error(`${found.length} samples of ${name} ${JSON.stringify(labels)}`)
  return found[0]?.value
}

/** All samples with this name and these labels. */
export function allOf(samples: readonly PageSample[], name: string, labels: Readonly<Record<string, string>> = {}): readonly PageSample[] {
  return samples.filter((sample) => sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value))
}

function parseLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {}
  for (const [, name = '', value = ''] of text.matchAll(/([a-zA-Z_][a-zA-Z0-9_]*)="((?:\\.|[^"\\])*)"/g)) {
    labels[name] = value.replaceAll(/\\(.)/g, (_, escaped) => (escaped === 'n' ? '\n' : escaped))
  }
  return labels
}
