/** An error of a generated validator: Ajv's `ErrorObject`. Without `verbose`, it has no `parentSchema` and no `data`. */
export interface SchemaError {
  readonly instancePath: string
  readonly keyword: string
  // biome-ignore lint/suspicious/noExplicitAny: the parameters depend on the keyword.
  readonly params: Readonly<Record<string, any>>
  readonly message?: string
  readonly propertyName?: string
  readonly data?: unknown
  readonly parentSchema?: SchemaObject
}

/** The parts of a schema that error messages need. */
export interface SchemaObject {
  readonly properties?: Readonly<Record<string, unknown>>
  readonly maxProperties?: number
  readonly examples?: unknown
}

/** Checks a value, fills in defaults, and returns whether the value is valid. The errors belong to the last call. */
export interface Validate {
  (value: unknown): boolean
  readonly errors?: readonly SchemaError[] | null
}
