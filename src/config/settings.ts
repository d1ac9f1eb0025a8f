import { envSchema, type JSONSchemaType } from 'env-schema'
import { defaultDetail, details } from '../query/detail.ts'
import { didYouMean } from './did-you-mean.ts'

/** The settings of the exporter itself, by environment variable. */
export interface Settings {
  readonly PGVITALS_HOST: string
  readonly PGVITALS_PORT: number
  readonly PGVITALS_LOG_LEVEL: string
  readonly PGVITALS_CONFIG: string
  readonly PGVITALS_QUERIES_DIR: string
  readonly PGVITALS_QUERIES: string
  readonly PGVITALS_KEEP_SESSIONS: string
  readonly PGVITALS_DETAIL: string
  readonly PGVITALS_POLL_COST_PERCENT: number
}

/** The types, defaults and descriptions of the settings. The README's table repeats the descriptions. */
export const settingsSchema: JSONSchemaType<Settings> = {
  type: 'object',
  required: [
    'PGVITALS_HOST',
    'PGVITALS_PORT',
    'PGVITALS_LOG_LEVEL',
    'PGVITALS_CONFIG',
    'PGVITALS_QUERIES_DIR',
    'PGVITALS_QUERIES',
    'PGVITALS_KEEP_SESSIONS',
    'PGVITALS_DETAIL',
    'PGVITALS_POLL_COST_PERCENT'
  ],
  properties: {
    PGVITALS_HOST: { type: 'string', default: '127.0.0.1', description: 'The address to listen on. Use `0.0.0.0` in a container.' },
    PGVITALS_PORT: { type: 'integer', minimum: 0, maximum: 65535, default: 9187, description: 'The port to listen on.' },
    PGVITALS_LOG_LEVEL: {
      type: 'string',
      enum: ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
      default: 'info',
      description: 'The log level: `fatal`, `error`, `warn`, `info`, `debug`, `trace` or `silent`.'
    },
    PGVITALS_CONFIG: {
      type: 'string',
      default: '',
      description: 'The configuration file. By default `pgvitals.yaml` in the working directory, if it exists.'
    },
    PGVITALS_QUERIES_DIR: { type: 'string', default: '', description: 'A directory with your own query files.' },
    PGVITALS_QUERIES: {
      type: 'string',
      default: '',
      description: 'Disables or tunes queries: `{ stat_slru: off, stat_user_tables: { interval: 60s, top: 50 } }`.'
    },
    PGVITALS_KEEP_SESSIONS: {
      type: 'string',
      enum: ['on', 'off'],
      default: 'off',
      description: 'Whether every database keeps a session between poll cycles: `on` or `off`. An open session blocks `drop database`.'
    },
    PGVITALS_DETAIL: {
      type: 'string',
      enum: [...details],
      default: defaultDetail,
      description: 'The level of detail: `minimal`, `standard` or `full`. `detail` in the configuration file overrides it.'
    },
    PGVITALS_POLL_COST_PERCENT: {
      type: 'number',
      minimum: 0.1,
      maximum: 100,
      default: 2,
      description:
        'The share of one core that all poll cycles together may use on a server if sessions cannot be kept, in percent. With a higher share many databases are polled more often.'
    }
  }
}

/** The error that env-schema throws, with the errors of Ajv. */
interface SchemaError extends Error {
  readonly errors?: readonly { readonly instancePath: string; readonly message?: string; readonly params: Record<string, unknown> }[]
}

/** Reads the settings. Adds every error to the list and returns undefined if there are any. `secrets` are the variables that the configuration file references. */
export function readSettings(environment: NodeJS.ProcessEnv, secrets: ReadonlySet<string>, errors: string[]): Settings | undefined {
  const names = Object.keys(settingsSchema.properties)
  const data: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(environment)) {
    if (!name.startsWith('PGVITALS_') || value === undefined || value === '' || isFromKubernetes(name, value)) continue
    if (names.includes(name)) data[name] = value
    else if (!secrets.has(name)) errors.push(`${name}: unknown setting; ${didYouMean(name, names)}valid settings are ${names.join(', ')}`)
  }
  try {
    return envSchema<Settings>({ schema: settingsSchema, data, env: false })
  } catch (error) {
    const { errors: schemaErrors = [] } = error as SchemaError
    for (const { instancePath, message, params } of schemaErrors) {
      const name = instancePath.slice(1)
      const allowed = Array.isArray(params.allowedValues) ? `: ${params.allowedValues.join(', ')}` : ''
      errors.push(`${name}: invalid value; ${message}${allowed}`)
    }
    if (schemaErrors.length === 0) throw error
    return undefined
  }
}

/** Kubernetes sets such variables in every pod for a service named pgvitals. */
function isFromKubernetes(name: string, value: string): boolean {
  return /^PGVITALS_(SERVICE|PORT)_/.test(name) || (name === 'PGVITALS_PORT' && value.startsWith('tcp://'))
}
