import { didYouMean } from './did-you-mean.ts'
import type { Path } from './located-yaml.ts'
import type { SchemaError, Validate } from './schema-error.ts'

/**
 * Checks a value against the schema of the validator and fills in defaults. Reports every error without the value, which may be a
 * secret. Removes invalid values, so that the rest can be checked further.
 */
export function checkSchema(validate: Validate, value: object, addError: (path: Path, message: string) => void): void {
  if (validate(value)) return
  for (const error of validate.errors ?? []) {
    const path = error.instancePath.split('/').slice(1).map(decodePointer)
    const { keyword, params, propertyName } = error
    // The errors of these keywords only repeat other errors.
    if (keyword === 'if' || keyword === 'propertyNames') continue
    const key = keyword === 'additionalProperties' ? params.additionalProperty : (params.missingProperty ?? propertyName)
    addError(key === undefined ? path : [...path, ...printableKey(key, error)], describe(error))
    if (keyword !== 'required') remove(value, key === undefined ? path : [...path, key])
  }
}

/** An unknown key may be a secret: YAML reads `{ secret }` and `{ password:secret }`, without a space, as keys. */
function printableKey(key: string, { keyword, parentSchema }: SchemaError): Path {
  if (keyword !== 'additionalProperties') return [key]
  return parentSchema?.maxProperties === 1 ? [] : [key.replace(/[:=].*/s, '')]
}

function decodePointer(segment: string): string {
  return segment.replaceAll('~1', '/').replaceAll('~0', '~')
}

function describe({ keyword, params, parentSchema, data, message = 'is invalid', propertyName }: SchemaError): string {
  const keys = Object.keys(parentSchema?.properties ?? {})
  switch (keyword) {
    case 'additionalProperties':
      if (parentSchema?.maxProperties === 1) return `unknown key; expected ${anyOf(keys)}, or a quoted string`
      return `unknown setting; ${didYouMean(params.additionalProperty, keys)}valid settings are ${keys.join(', ')}`
    case 'required':
      return 'required, but missing'
    case 'type':
      return `expected ${[params.type]
        .flat()
        .map((type) => nameOfType(type, keys))
        .join(' or ')}, found ${describeType(data)}`
    case 'enum':
      return `invalid value; ${didYouMean(String(data), params.allowedValues)}expected ${anyOf(params.allowedValues)}`
    case 'minimum':
      return `invalid value ${data}; the minimum is ${params.limit}`
    case 'maximum':
      return `invalid value ${data}; the maximum is ${params.limit}`
    case 'pattern':
      return `invalid value; expected a value such as ${[parentSchema?.examples].flat().join(', ')}`
    case 'minLength':
      return propertyName === undefined ? 'must not be empty' : 'the name must not be empty'
    case 'minItems':
      return 'the list must not be empty'
    case 'minProperties':
    case 'maxProperties':
      return `expected exactly one of the keys ${keys.join(', ')}; found ${Object.keys(data as object).length}`
    default:
      return message
  }
}

function anyOf(words: readonly string[]): string {
  return words.length === 1 ? `${words[0]}` : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
}

function describeType(data: unknown): string {
  if (data === null) return 'nothing'
  if (Array.isArray(data)) return 'a list'
  return typeof data === 'object' ? 'a mapping' : `a ${typeof data}`
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'a string (quote numbers)',
  integer: 'an integer',
  array: 'a list',
  boolean: 'true or false',
  null: 'nothing'
}

function nameOfType(type: string, keys: readonly string[]): string {
  if (type !== 'object') return typeNames[type] ?? type
  return keys.length > 0 ? `a mapping with ${anyOf(keys)}` : 'a mapping'
}

function remove(value: object, path: Path): void {
  const parent = path.slice(0, -1).reduce<unknown>((within, key) => (within as Record<string, unknown> | undefined)?.[key], value)
  if (typeof parent === 'object' && parent !== null) delete (parent as Record<string, unknown>)[path.at(-1) ?? '']
}
