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
  readonly warning?: number
  readonly critical?: number
}

/** Bad when high. */
export const above = ({ warning, critical }: Tiers): Steps => [
  colours.good,
  ...(warning === undefined ? [] : [[warning, colours.warning] as const]),
  ...(critical === undefined ? [] : [[critical, colours.critical] as const])
]

/** Bad when low. */
export const below = ({ warning, critical }: Tiers): Steps => {
  if (critical === undefined) return [colours.warning, [warning ?? 0, colours.good]]
  return [
    colours.critical,
    [critical, warning === undefined ? colours.good : colours.warning],
    ...(warning === undefined ? [] : [[warning, colours.good] as const])
  ]
}

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
