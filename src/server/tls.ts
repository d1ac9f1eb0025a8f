import type { ConnectionOptions, SecureVersion } from 'node:tls'
import { classOf } from './error-class.ts'

export const tlsModes = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const

export type TlsMode = (typeof tlsModes)[number]

/** libpq's `sslmode` and the contents of its certificate files (PEM). */
export interface Tls {
  readonly mode: TlsMode
  /** The root certificates; `system` means those of Node.js. */
  readonly ca: string | 'system' | undefined
  readonly cert: string | undefined
  readonly key: string | undefined
  /** Whether TLS starts without a request in PostgreSQL's protocol: libpq's `sslnegotiation=direct`. */
  readonly isDirect?: boolean
  readonly minVersion?: SecureVersion
  readonly maxVersion?: SecureVersion
}

/** One connection method: without TLS, or with these options of node:tls. */
export type TlsAttempt = false | ConnectionOptions

/**
 * The connection methods of a mode, in order. As in libpq, configured root certificates are used in every
 * mode with TLS, and only `verify-full` verifies the host name.
 * Source: PostgreSQL's documentation, "libpq - SSL Support", table "SSL Mode Descriptions".
 */
export function tlsAttempts(tls: Tls): readonly TlsAttempt[] {
  const versions = {
    ...(tls.minVersion !== undefined && { minVersion: tls.minVersion }),
    ...(tls.maxVersion !== undefined && { maxVersion: tls.maxVersion })
  }
  const files = { ...versions, ...(tls.cert !== undefined && { cert: tls.cert }), ...(tls.key !== undefined && { key: tls.key }) }
  const authority = tls.ca === undefined || tls.ca === 'system' ? {} : { ca: tls.ca }
  const verified: ConnectionOptions = { ...files, ...authority, rejectUnauthorized: true }
  const anyName: ConnectionOptions = { ...verified, checkServerIdentity: () => undefined }
  const encrypted: ConnectionOptions = tls.ca === undefined ? { ...files, rejectUnauthorized: false } : anyName
  switch (tls.mode) {
    case 'disable':
      return [false]
    case 'allow':
      return [false, encrypted]
    case 'prefer':
      return [encrypted, false]
    case 'require':
      return [encrypted]
    case 'verify-ca':
      return [anyName]
    case 'verify-full':
      return [verified]
  }
}

/**
 * Whether the next method of the mode may be attempted after this error: the server has no TLS, TLS failed, or
 * pg_hba.conf rejects the method. Never after the server has requested a password (the error then has no SQLSTATE):
 * a second attempt would count against an account lock and might send the password unencrypted.
 */
export function mayTryNext(error: unknown): boolean {
  const code = (error as { code?: unknown }).code
  return code === '28000' || classOf(error) === 'tls'
}
