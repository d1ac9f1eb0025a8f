import { webConfigSchema } from '../src/config/web-config-schema.ts'
import { fileSchema } from './schema-validators.ts'

/** The part of JSON schema that pgvitals.schema.json uses. */
interface Schema {
  readonly $ref?: string
  readonly description?: string
  readonly default?: unknown
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema | false
}

/** The placeholders for keys that are names. */
const names: Readonly<Record<string, string>> = {
  servers: '<server>',
  databases: '<database>',
  teams: '<team>',
  queries: '<query>',
  access: '<role>'
}

/** Definitions whose keys are described in the text, not in the table. */
const isDescribedElsewhere = ({ $ref }: Schema) => $ref !== undefined && /secret|duration|token$/.test($ref)

/** The Markdown table of the keys of `pgvitals.yaml`, from its schema. */
export function configurationKeys(): string {
  return ['| key | default | description |', '|---|---|---|', ...rowsOf(fileSchema, [])].join('\n')
}

/** The Markdown table of the keys of the file in `PGVITALS_WEB_CONFIG`, from its schema. */
export function webConfigKeys(): string {
  const rows = rowsOf(webConfigSchema, []).map((row) => row.replace('| |', '|'))
  return ['| key | description |', '|---|---|', ...rows].join('\n')
}

function rowsOf(schema: Schema, path: readonly string[]): readonly string[] {
  const properties = Object.entries(schema.properties ?? {}).map(([key, value]) => [key, value] as const)
  const named =
    typeof schema.additionalProperties === 'object' ? [[names[path.at(-1) ?? ''] ?? '<name>', schema.additionalProperties] as const] : []
  return [...properties, ...named].flatMap(([key, reference]) => {
    const own = resolve(reference)
    const below = [...path, key]
    const isName = key.startsWith('<')
    const row = `| \`${below.join('.')}\` | ${own.default === undefined ? '' : `\`${JSON.stringify(own.default)}\` `}| ${own.description ?? ''} |`
    return [
      ...(isName ? [] : [row]),
      ...(isDescribedElsewhere(reference) || below.join('.').includes('<database>.tls') ? [] : rowsOf(own, below))
    ]
  })
}

function resolve(schema: Schema): Schema {
  const name = schema.$ref?.split('/').at(-1)
  return name === undefined ? schema : { ...(fileSchema.definitions[name] as Schema), ...schema }
}
