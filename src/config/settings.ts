import { envSchema, type JSONSchemaType } from 'env-schema'

/** The settings of the exporter itself, by the names of their environment variables. */
export interface Settings {
  readonly PGVITALS_HOST: string
  readonly PGVITALS_PORT: number
  readonly PGVITALS_LOG_LEVEL: string
  readonly PGVITALS_CONFIG: string
  readonly PGVITALS_QUERIES_DIR: string
  readonly PGVITALS_QUERIES: string
}

/** The one list of settings: their types, defaults and what the README's table says of them. */
export const settingsSchema: JSONSchemaType<Settings> = {
  type: 'object',
  required: ['PGVITALS_HOST', 'PGVITALS_PORT', 'PGVITALS_LOG_LEVEL', 'PGVITALS_CONFIG', 'PGVITALS_QUERIES_DIR', 'PGVITALS_QUERIES'],
  properties: {
    PGVITALS_HOST: { type: 'string', default: '127.0.0.1', description: 'The address to listen on; `0.0.0.0` in a container.' },
    PGVITALS_PORT: { type: 'integer', minimum: 0, maximum: 65535, default: 9187, description: 'The port to listen on.' },
    PGVITALS_LOG_LEVEL: {
      type: 'string',
      enum: ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
      default: 'info',
      description: 'How much is logged: `fatal`, `error`, `warn`, `info`, `debug`, `trace` or `silent`.'
    },
    PGVITALS_CONFIG: {
      type: 'string',
      default: '',
      description: 'The configuration file; without it `pgvitals.yaml` in the working folder, when there is one.'
    },
    PGVITALS_QUERIES_DIR: { type: 'string', default: '', description: 'A folder with query files of your own.' },
    PGVITALS_QUERIES: {
      type: 'string',
      default: '',
      description: 'Queries switched off or tuned: `{ statio_user_tables: off, stat_user_tables: { interval: 60s, top: 50 } }`.'
    }
  }
}

/** What env-schema throws: Ajv's errors beside one message. */
interface SchemaError extends Error {
  readonly errors?: readonly { readonly instancePath: string; readonly message?: string; readonly params: Record<string, unknown> }[]
}

/** Reads the settings; on mistakes adds them to the list, and answers undefined. */
export function readSettings(environment: NodeJS.ProcessEnv, mistakes: string[]): Settings | undefined {
  const data: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(environment)) {
    if (!name.startsWith('PGVITALS_') || value === undefined || value === '' || isFromKubernetes(name, value)) continue
    if (name in settingsSchema.properties) data[name] = value
    else mistakes.push(`${name} is no setting; there are ${Object.keys(settingsSchema.properties).join(', ')}`)
  }
  try {
    return envSchema<Settings>({ schema: settingsSchema, data, env: false })
  } catch (error) {
    const { errors = [] } = error as SchemaError
    for (const { instancePath, message, params } of errors) {
      const name = instancePath.slice(1)
      const allowed = Array.isArray(params.allowedValues) ? `: ${params.allowedValues.join(', ')}` : ''
      mistakes.push(`${name} is "${data[name]}"; it ${message}${allowed}`)
    }
    if (errors.length === 0) throw error
    return undefined
  }
}

/** Kubernetes gives every pod such variables for a service that is called pgvitals. */
function isFromKubernetes(name: string, value: string): boolean {
  return /^PGVITALS_(SERVICE|PORT)_/.test(name) || (name === 'PGVITALS_PORT' && value.startsWith('tcp://'))
}
