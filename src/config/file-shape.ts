import type { Access } from '../server/server.ts'
import type { TlsMode } from '../server/tls.ts'

/** `pgvitals.yaml` as `pgvitals.schema.json` describes it, defaults put in. What was wrong is left out. */
export interface FileShape {
  readonly servers?: Readonly<Record<string, ServerShape>>
  readonly teams?: Readonly<Record<string, { readonly tokens?: readonly SecretShape[] }>>
  readonly tokens?: readonly SecretShape[]
  readonly queries?: Readonly<Record<string, unknown>>
}

export interface ServerShape {
  readonly host?: string
  readonly port?: number
  readonly database?: string
  readonly user?: string
  readonly password?: SecretShape
  readonly tls?: TlsShape
  readonly capacity_bytes?: number
  readonly data_directory?: string
  readonly max_sessions?: number
  readonly max_samples_per_database?: number
  readonly discover?: { readonly include?: readonly string[]; readonly exclude?: readonly string[] }
  readonly databases?: Readonly<Record<string, DatabaseShape | null>>
}

export interface DatabaseShape {
  readonly team?: string
  readonly user?: string
  readonly password?: SecretShape
  readonly tls?: TlsShape
  readonly access?: Readonly<Record<string, Access>>
  readonly quota_bytes?: number
}

export interface TlsShape {
  readonly mode?: TlsMode
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
}

export type SecretShape = string | { readonly env?: string; readonly file?: string; readonly command?: readonly string[] }
