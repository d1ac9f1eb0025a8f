const secondsOf: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 }

/** Reads `15s`, `5m` or `1h` as seconds; undefined when it is none of these or zero. */
export function parseDurationSeconds(text: string): number | undefined {
  const [, count = '', unit = ''] = /^(\d+)([smh])$/.exec(text) ?? []
  const seconds = Number(count) * (secondsOf[unit] ?? 0)
  return seconds > 0 ? seconds : undefined
}
