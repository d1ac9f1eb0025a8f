import { didYouMean } from './did-you-mean.ts'
import { validate } from './generated/validate-settings.ts'
import { type Settings, settingsSchema } from './settings-schema.ts'

/** Reads the settings. Adds every error to the list and returns undefined if there are any. `secrets` are the variables that the configuration file references. */
export function readSettings(environment: NodeJS.ProcessEnv, secrets: ReadonlySet<string>, errors: string[]): Settings | undefined {
  const names = Object.keys(settingsSchema.properties)
  const data: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(environment)) {
    if (!name.startsWith('PGVITALS_') || value === undefined || value === '' || isFromKubernetes(name, value)) continue
    if (names.includes(name)) data[name] = value
    else if (!secrets.has(name)) errors.push(`${name}: unknown setting; ${didYouMean(name, names)}valid settings are ${names.join(', ')}`)
  }
  if (validate(data)) return data as unknown as Settings
  for (const { instancePath, message, params } of validate.errors ?? []) {
    const name = instancePath.slice(1)
    const allowed = Array.isArray(params.allowedValues) ? `: ${params.allowedValues.join(', ')}` : ''
    errors.push(`${name}: invalid value; ${message}${allowed}`)
  }
  return undefined
}

/** Kubernetes sets such variables in every pod for a service named pgvitals. */
function isFromKubernetes(name: string, value: string): boolean {
  return /^PGVITALS_(SERVICE|PORT)_/.test(name) || (name === 'PGVITALS_PORT' && value.startsWith('tcp://'))
}
