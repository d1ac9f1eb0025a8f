import type { ConnectionOptions } from 'node:tls'
import { classOf } from './error-class.ts'

export const tlsModes = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const

export type TlsMode = (typeof tlsModes)[number]

/** What libpq calls `sslmode`, with the contents of the files that go with it (PEM). */
export interface Tls {
  readonly mode: TlsMode
  /** The root certificates; `system` is Node's own list. */
  readonly ca: string | 'system' | undefined
  readonly cert: string | undefined
  readonly key: string | undefined
}

/** One way to open the connection: without TLS, or with these options of node:tls. */
export type TlsAttempt = false | ConnectionOptions

/**
 * The ways that a mode allows, in its order. As in libpq, root certificates that are given are used in every
 * mode that speaks TLS, and only `verify-full` compares the host's name.
 * Source: PostgreSQL's documentation, "libpq - SSL Support", table "SSL Mode Descriptions".
 */
export function tlsAttempts(tls: Tls): readonly TlsAttempt[] {
  const files = { ...(tls.cert !== undefined && { cert: tls.cert }), ...(tls.key !== undefined && { key: tls.key }) }
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
 * Whether a failed attempt may be followed by the mode's next one: the server has no TLS, or TLS failed, or
 * pg_hba.conf wants it the other way. Never once a password was asked for (session-wire.ts then leaves no
 * SQLSTATE): it would count twice against a lock, and the second time might go unencrypted.
 */
export function mayTryNext(error: unknown): boolean {
  const code = (error as { code?: unknown }).code
  return code === '28000' || classOf(error) === 'tls'
}
