import { constants } from 'node:crypto'
import { createSecureContext, type SecureContextOptions } from 'node:tls'
import { isCertificate, keyPairError } from './certificate.ts'
import type { ConfigFile } from './config-file.ts'
import type { ConfigSources } from './config-sources.ts'
import { readReferencedFile } from './secret.ts'
import { cipherSuites, clientAuthTypes, curves, type TlsServerShape, tlsVersions, type WebConfigShape } from './web-config-schema.ts'

/** The TLS settings of the HTTP server. */
export interface TlsServerConfig {
  /** The options of node:tls for new connections, with which a secure context was created successfully. */
  readonly context: SecureContextOptions
  readonly clientCertificates: ClientCertificatePolicy
}

/** Which client certificates are requested and accepted. */
export interface ClientCertificatePolicy {
  readonly isRequested: boolean
  readonly isRequired: boolean
  /** Whether a certificate must be signed by the root certificates. */
  readonly isVerified: boolean
  /** The subject alternative names of which a certificate must contain one; undefined if every certificate is accepted. */
  readonly allowedSans: readonly string[] | undefined
}

/** Reads the `tls_server_config` and its files. Returns undefined if there is none, or if it has errors. */
export function readTlsServer(file: ConfigFile<WebConfigShape>, sources: Pick<ConfigSources, 'files'>): TlsServerConfig | undefined {
  const shape = file.shape.tls_server_config ?? {}
  if (Object.keys(shape).length === 0) return undefined
  const pathOf = (key?: keyof TlsServerShape) => ['tls_server_config', ...(key === undefined ? [] : [key])]
  const addError = (key: keyof TlsServerShape | undefined, message: string) => file.addError(pathOf(key), message)
  const contentOf = (key: 'cert' | 'key' | 'client_ca') => {
    const [text, name] = [shape[key], shape[`${key}_file`]]
    if (text !== undefined && name !== undefined) addError(key, `only valid without ${key}_file`)
    return name === undefined ? text : readReferencedFile(name, pathOf(`${key}_file`), { ...sources, file })
  }
  const keyOf = (key: 'cert' | 'key' | 'client_ca') => (shape[key] === undefined ? (`${key}_file` as const) : key)

  const [cert, key, ca] = [contentOf('cert'), contentOf('key'), contentOf('client_ca')]
  for (const name of ['cert', 'key'] as const) {
    const isGiven = shape[name] !== undefined || shape[`${name}_file`] !== undefined || file.hasError(pathOf(name))
    if (!isGiven) addError(`${name}_file`, `required, but missing; HTTPS needs ${name}_file or ${name}`)
  }
  const pairError = cert !== undefined && key !== undefined ? keyPairError(cert, key) : undefined
  if (pairError !== undefined) addError(keyOf('cert'), `certificate and key are ${pairError}`)
  if (ca !== undefined && !isCertificate(ca)) addError(keyOf('client_ca'), 'contains no certificate (PEM)')

  const type = shape.client_auth_type ?? 'NoClientCert'
  const policy = clientAuthTypes[type]
  const hasCa = (['client_ca', 'client_ca_file'] as const).some((name) => shape[name] !== undefined || file.hasError(pathOf(name)))
  if (hasCa && !policy.isRequested) addError(keyOf('client_ca'), `not used with client_auth_type: ${type}; use RequireAndVerifyClientCert`)
  if (!hasCa && policy.isVerified) {
    addError('client_auth_type', `${type} requires client_ca_file or client_ca, because anyone can obtain a public certificate`)
  }
  if (shape.client_allowed_sans !== undefined && !policy.isRequired) {
    addError('client_allowed_sans', 'requires client_auth_type: RequireAndVerifyClientCert or RequireAnyClientCert')
  }

  const context: SecureContextOptions = {
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(ca !== undefined && { ca }),
    ...readProtocol(shape, addError),
    // A session ticket would keep a client certificate accepted after it has expired.
    ...(policy.isRequested && { secureOptions: constants.SSL_OP_NO_TICKET })
  }
  if (file.hasError(pathOf())) return undefined
  const error = contextError(context)
  if (error !== undefined) addError(undefined, error)
  return { context, clientCertificates: { ...policy, allowedSans: shape.client_allowed_sans } }
}

function readProtocol(shape: TlsServerShape, addError: (key: keyof TlsServerShape, message: string) => void): SecureContextOptions {
  const { min_version: min = 'TLS12', max_version: max = 'TLS13', cipher_suites: suites = [], curve_preferences: preferred = [] } = shape
  if (min > max) addError(shape.min_version === undefined ? 'max_version' : 'min_version', `the minimum ${min} is above the maximum ${max}`)
  const isForTls13 = (name: string) => !name.includes('_WITH_')
  const names = Object.keys(cipherSuites) as (keyof typeof cipherSuites)[]
  const chosen = (suites.length > 0 ? suites : names).filter((name) => !isForTls13(name))
  if (chosen.length === 0 && max !== 'TLS13') addError('cipher_suites', `contains no cipher suite for ${max}`)
  // OpenSSL 3 refuses the signatures of TLS 1.0 and 1.1 at its default security level.
  const level = min < 'TLS12' ? ['@SECLEVEL=0'] : []
  return {
    minVersion: tlsVersions[min],
    maxVersion: tlsVersions[max],
    ciphers: [...[...names.filter(isForTls13), ...chosen].map((name) => cipherSuites[name]), ...level].join(':'),
    honorCipherOrder: shape.prefer_server_cipher_suites ?? true,
    ...(preferred.length > 0 && { ecdhCurve: preferred.map((name) => curves[name]).join(':') })
  }
}

/** The reason why OpenSSL rejects options that are valid one by one, such as a key that is too short; undefined if it accepts them. */
function contextError(context: SecureContextOptions): string | undefined {
  try {
    createSecureContext(context)
    return undefined
  } catch (error) {
    const { code, message } = error as { code?: string; message: string }
    return `OpenSSL rejects these settings: ${code ?? message}`
  }
}
