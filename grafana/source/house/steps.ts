import { type ThresholdsConfig, ThresholdsMode } from '@grafana/grafana-foundation-sdk/dashboard'

/** The colours that mean something, the same on every board. */
export const colours = {
  good: 'green',
  warning: 'orange',
  critical: 'red',
  neutral: 'blue',
  quiet: 'super-light-blue',
  idle: '#8e8e8e',
  limit: 'dark-red'
} as const

/** From which value on a panel changes its colour. */
export type Steps = readonly [first: string, ...next: (readonly [from: number, colour: string])[]]

/** Two thresholds of one condition, as the alerts have them. */
export interface Tiers {
  readonly warning?: number | undefined
  readonly critical?: number | undefined
}

/** Bad when high; one number is a warning. */
export const above = (tiers: Tiers | number): Steps => {
  const { warning, critical }: Tiers = typeof tiers === 'number' ? { warning: tiers } : tiers
  return [colours.good, ...step(warning, colours.warning), ...step(critical, colours.critical)]
}

/** Bad when low; one number is a warning. */
export const below = (tiers: Tiers | number): Steps => {
  const { warning, critical }: Tiers = typeof tiers === 'number' ? { warning: tiers } : tiers
  if (critical === undefined) return [colours.warning, ...step(warning, colours.good)]
  return [colours.critical, ...step(critical, warning === undefined ? colours.good : colours.warning), ...step(warning, colours.good)]
}

const step = (from: number | undefined, colour: string): readonly (readonly [number, string])[] =>
  from === undefined ? [] : [[from, colour]]

/** No judgement, only a colour. */
export const plain: Steps = [colours.neutral]

/** Any at all is a warning. */
export const anyWarns: Steps = above({ warning: 1 })

/** Any at all is critical. */
export const anyIsCritical: Steps = above({ critical: 1 })

/** The steps as Grafana writes them. */
export const thresholds = ([first, ...next]: Steps): ThresholdsConfig => ({
  mode: ThresholdsMode.Absolute,
  steps: [{ value: null, color: first }, ...next.map(([value, color]) => ({ value, color }))]
})
