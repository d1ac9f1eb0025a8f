import type { Values } from './alert-case.ts'

/** A period with these values. */
export interface Period {
  readonly minutes: number
  readonly values: Values
}

/** The consecutive periods in the notation of promtool. A counter (`+2`) continues from its last value. */
export function notation(periods: readonly Period[], stepMinutes: number): string {
  let last = 0
  return periods
    .flatMap(({ minutes, values }) => {
      const steps = Math.ceil(minutes / stepMinutes)
      // Already in the notation of promtool.
      if (/x\d/.test(String(values))) return [String(values)]
      const [before, after] = String(values).split('|')
      if (after !== undefined) return [`${before}+0x4`, `${after}+0x${Math.max(steps - 6, 0)}`]
      const [, start = '', growth = '0'] = /^([-\d.e]*?)(?:\+([-\d.e]+))?$/.exec(String(values)) ?? []
      const first = start === '' ? last : Number(start)
      const by = Number(growth) * stepMinutes
      last = first + by * steps
      return [`${first}${by < 0 ? '' : '+'}${by}x${steps - 1}`]
    })
    .join(' ')
}

/** Whether the values are written as a counter. */
export function isCounter(values: Values): boolean {
  return String(values).startsWith('+')
}
