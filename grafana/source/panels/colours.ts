import { MappingType, type ThresholdsConfig, ThresholdsMode, type ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard'

/** Colours with a meaning, the same on every dashboard. */
export const colours = {
  good: 'green',
  warning: 'orange',
  critical: 'red',
  neutral: 'blue',
  idle: '#8e8e8e',
  limit: 'dark-red'
} as const

/** The colours of session states. */
export const stateColours = {
  active: colours.good,
  idle: colours.idle,
  'idle in transaction': colours.warning,
  'idle in transaction (aborted)': colours.critical,
  unknown: 'purple'
}

/** The colour below the first threshold, then each threshold with the colour from there on. */
export type Steps = readonly [first: string, ...next: (readonly [from: number, colour: string])[]]

/** The thresholds of an alert's tiers; a number alone is that of the warning. */
type Tiers = number | { readonly warning?: number; readonly critical?: number }

const tiersOf = (tiers: Tiers) => (typeof tiers === 'number' ? { warning: tiers, critical: undefined } : tiers)
const step = (from: number | undefined, colour: string): readonly (readonly [number, string])[] =>
  from === undefined ? [] : [[from, colour]]

/** High values are bad. */
export function above(tiers: Tiers): Steps {
  const { warning, critical } = tiersOf(tiers)
  return [colours.good, ...step(warning, colours.warning), ...step(critical, colours.critical)]
}

/** Low values are bad. */
export function below(tiers: Tiers): Steps {
  const { warning, critical } = tiersOf(tiers)
  if (critical === undefined) return [colours.warning, ...step(warning, colours.good)]
  return [colours.critical, ...step(critical, warning === undefined ? colours.good : colours.warning), ...step(warning, colours.good)]
}

/** One colour for every value. */
export const plain: Steps = [colours.neutral]
export const anyWarns: Steps = above({ warning: 1 })
export const anyIsCritical: Steps = above({ critical: 1 })

/** Grafana's form of steps. */
export const thresholdsOf = ([first, ...next]: Steps): ThresholdsConfig => ({
  mode: ThresholdsMode.Absolute,
  steps: [{ value: null, color: first }, ...next.map(([value, color]) => ({ value, color }))]
})

/** Text and colour for values: `words({ 0: ['down', 'red'], 1: ['up', 'green'] })`. */
export const words = (values: Readonly<Record<string, readonly [text: string, colour: string]>>): ValueMapping[] => [
  {
    type: MappingType.ValueToText,
    options: Object.fromEntries(Object.entries(values).map(([value, [text, color]], index) => [value, { text, color, index }]))
  }
]

export const upOrDown = words({ 0: ['down', colours.critical], 1: ['up', colours.good] })
