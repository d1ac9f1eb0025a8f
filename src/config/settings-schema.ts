import { defaultDetail, details } from '../query/detail.ts'

/** The settings of the exporter itself, by environment variable. */
export interface Settings {
  readonly PGVITALS_HOST: string
  readonly PGVITALS_PORT: number
  readonly PGVITALS_LOG_LEVEL: string
  readonly PGVITALS_CONFIG: string
  readonly PGVITALS_WEB_CONFIG: string
  readonly PGVITALS_QUERIES_DIR: string
  readonly PGVITALS_QUERIES: string
  readonly PGVITALS_KEEP_SESSIONS: string
  readonly PGVITALS_DETAIL: string
  readonly PGVITALS_POLL_COST_PERCENT: number
  readonly PGVITALS_SHARD: string
  readonly PGVITALS_SHARD_TARGETS: string
  readonly PGVITALS_TARGET: string
  readonly PGVITALS_ALLOWED_HOSTS: string
}

/** The types, defaults and descriptions of the settings. The README's table repeats the descriptions. */
export const settingsSchema = {
  type: 'object',
  required: [
    'PGVITALS_HOST',
    'PGVITALS_PORT',
    'PGVITALS_LOG_LEVEL',
    'PGVITALS_CONFIG',
    'PGVITALS_WEB_CONFIG',
    'PGVITALS_QUERIES_DIR',
    'PGVITALS_QUERIES',
    'PGVITALS_KEEP_SESSIONS',
    'PGVITALS_DETAIL',
    'PGVITALS_POLL_COST_PERCENT',
    'PGVITALS_SHARD',
    'PGVITALS_SHARD_TARGETS',
    'PGVITALS_TARGET',
    'PGVITALS_ALLOWED_HOSTS'
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
    PGVITALS_WEB_CONFIG: {
      type: 'string',
      default: '',
      description: 'A file with TLS and basic authentication for pgvitals itself, in the format of Prometheus exporters.'
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
    },
    PGVITALS_SHARD: {
      type: 'string',
      default: '',
      description:
        'The part of the servers that this process polls, such as `0/3` for shard 0 of 3. The name of a pod is accepted, such as `pgvitals-0/3`.'
    },
    PGVITALS_SHARD_TARGETS: {
      type: 'string',
      default: '',
      description: 'The addresses of all shards for `/sd`, such as `pgvitals-{shard}.pgvitals:9187`.'
    },
    PGVITALS_TARGET: {
      type: 'string',
      default: '',
      description:
        'The address of this process for `/sd`, such as `pgvitals:9187`. By default the address to listen on, with the name of the machine if that is `0.0.0.0`.'
    },
    PGVITALS_ALLOWED_HOSTS: {
      type: 'string',
      default: '',
      description:
        'Names under which pgvitals may be requested if neither tokens nor users are configured, such as `metrics.example.com,*.example.net`; `*` for every name. IP addresses, names without a dot and the names of `/sd` are always allowed.'
    }
  }
} as const satisfies SettingsSchema

/** A JSON schema with a description of each setting. The validator is generated from it: `npm run docs`. */
interface SettingsSchema {
  readonly type: 'object'
  readonly required: readonly (keyof Settings)[]
  readonly properties: { readonly [Name in keyof Settings]: SettingSchema<Settings[Name]> }
}

interface SettingSchema<Value> {
  readonly type: Value extends number ? 'integer' | 'number' : 'string'
  readonly default: Value
  readonly description: string
  readonly enum?: readonly Value[]
  readonly minimum?: number
  readonly maximum?: number
  readonly pattern?: string
}
