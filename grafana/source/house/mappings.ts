import { MappingType, type ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard'

/** Words and colours for values: `words({ 0: ['down', 'red'], 1: ['up', 'green'] })`. */
export const words = (values: Readonly<Record<string, readonly [text: string, colour: string]>>): readonly ValueMapping[] => [
  {
    type: MappingType.ValueToText,
    options: Object.fromEntries(Object.entries(values).map(([value, [text, color]], index) => [value, { text, color, index }]))
  }
]
