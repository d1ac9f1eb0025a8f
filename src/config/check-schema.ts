import { readFileSync } from 'node:fs'
import { Ajv, type ErrorObject } from 'ajv'
import type { Path } from './located-yaml.ts'
import { nearestWord } from './nearest-word.ts'

/** The keys of `pgvitals.yaml`, for editors and for us; right from `src/` and from `dist/`. */
export const fileSchema = JSON.parse(readFileSync(new URL('../../pgvitals.schema.json', import.meta.url), 'utf8'))

const validate = new Ajv({ allErrors: true, verbose: true, allowUnionTypes: true, useDefaults: true }).compile(fileSchema)

/**
 * Checks a value against the schema and puts its defaults in. `tell` hears every mistake without the value, which
 * may be a secret; what is wrong is taken out of the value, so that the rest can be checked further.
 */
export function checkSchema(value: object, tell: (path: Path, message: string) => void): void {
  if (validate(value)) return
  for (const error of validate.errors ?? []) {
    const path = error.instancePath.split('/').slice(1).map(decodePointer)
    const { keyword, params, propertyName } = error
    // They only say that another error is one.
    if (keyword === 'if' || keyword === 'propertyNames') continue
    const key = keyword === 'additionalProperties' ? params.additionalProperty : (params.missingProperty ?? propertyName)
    tell(key === undefined ? path : [...path, ...shown(key, error)], describe(error))
    if (keyword !== 'required') remove(value, key === undefined ? path : [...path, key])
  }
}

/** An unknown key may be a secret: `{ geheim }` is a mapping with a key, and so is `{ password:geheim }` without a space. */
function shown(key: string, { keyword, parentSchema }: ErrorObject): Path {
  if (keyword !== 'additionalProperties') return [key]
  return parentSchema?.maxProperties === 1 ? [] : [key.replace(/[:=].*/s, '')]
}

function decodePointer(segment: string): string {
  return segment.replaceAll('~1', '/').replaceAll('~0', '~')
}

function describe({ keyword, params, parentSchema, data, message = 'is wrong', propertyName }: ErrorObject): string {
  const keys = Object.keys(parentSchema?.properties ?? {})
  switch (keyword) {
    case 'additionalProperties':
      if (parentSchema?.maxProperties === 1) return `has an unknown key; expected one of ${keys.join(', ')}, or a text in 'quotes'`
      return `is no setting; ${didYouMean(params.additionalProperty, keys)}there are ${keys.join(', ')}`
    case 'required':
      return 'is missing'
    case 'type':
      return `is ${kindOf(data)}; expected ${expected([params.type].flat(), keys)}`
    case 'enum':
      return `is "${data}"; ${didYouMean(String(data), params.allowedValues)}expected ${params.allowedValues.join(', ')}`
    case 'minimum':
    case 'maximum':
      return `is ${data}; expected a number that is ${params.comparison} ${params.limit}`
    case 'pattern':
      return `is "${data}"; expected a value like ${[parentSchema?.examples].flat().join(', ')}`
    case 'minLength':
      return propertyName === undefined ? 'is empty' : 'has no name'
    case 'minItems':
      return 'is an empty list'
    case 'minProperties':
    case 'maxProperties':
      return `has ${Object.keys(data as object).length} keys; expected exactly one of ${keys.join(', ')}`
    default:
      return message
  }
}

function didYouMean(word: string, words: readonly string[]): string {
  const nearest = nearestWord(word, words)
  return nearest === undefined ? '' : `did you mean "${nearest}"? `
}

function kindOf(data: unknown): string {
  if (data === null) return 'empty'
  if (Array.isArray(data)) return 'a list'
  return typeof data === 'object' ? 'a mapping' : `a ${typeof data === 'string' ? 'text' : typeof data}`
}

const typeNames: Readonly<Record<string, string>> = {
  string: "a text (a number stands in 'quotes')",
  integer: 'a whole number',
  array: 'a list',
  boolean: 'on or off',
  null: 'nothing'
}

function expected(types: readonly string[], keys: readonly string[]): string {
  const mapping = keys.length > 0 ? `a mapping with ${keys.join(', ')}` : 'a mapping'
  return types.map((type) => (type === 'object' ? mapping : (typeNames[type] ?? type))).join(' or ')
}

function remove(value: object, path: Path): void {
  const parent = path.slice(0, -1).reduce<unknown>((within, key) => (within as Record<string, unknown> | undefined)?.[key], value)
  if (typeof parent === 'object' && parent !== null) delete (parent as Record<string, unknown>)[path.at(-1) ?? '']
}
