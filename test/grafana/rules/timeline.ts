import type { Values } from './alert-case.ts'

/** A stretch of time with these values. */
export interface Stretch {
  readonly minutes: number
  readonly values: Values
}

/** promtool's notation of the stretches, one after another. A counter, `+2`, goes on from where it stood. */
export function notation(stretches: readonly Stretch[], stepMinutes: number): string {
  let last = 0
  return stretches
    .flatMap(({ minutes, values }) => {
      const steps = Math.ceil(minutes / stepMinutes)
      // promtool's own notation, for what has to be told exactly.
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

/** Whether these values are those of a counter. */
export function isCounter(values: Values): boolean {
  return String(values).startsWith('+')
}
