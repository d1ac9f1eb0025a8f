/** The content of the file in `PGVITALS_WEB_CONFIG`, as the schema describes it, with invalid values removed. */
export interface WebConfigShape {
  readonly tls_server_config?: TlsServerShape
  readonly http_server_config?: {
    readonly http2?: boolean
    readonly headers?: Readonly<Record<string, string>>
  }
  readonly basic_auth_users?: Readonly<Record<string, unknown>>
  readonly rate_limit?: { readonly interval?: string | number; readonly burst?: number }
}

export interface TlsServerShape {
  readonly cert?: string
  readonly cert_file?: string
  readonly key?: string
  readonly key_file?: string
  readonly client_auth_type?: keyof typeof clientAuthTypes
  readonly client_ca?: string
  readonly client_ca_file?: string
  readonly client_allowed_sans?: readonly string[]
  readonly min_version?: keyof typeof tlsVersions
  readonly max_version?: keyof typeof tlsVersions
  readonly cipher_suites?: readonly (keyof typeof cipherSuites)[]
  readonly prefer_server_cipher_suites?: boolean
  readonly curve_preferences?: readonly (keyof typeof curves)[]
}

/** Go's policies for client certificates, and an older name that exporters still accept: whether one is required and verified. */
export const clientAuthTypes = {
  NoClientCert: { isRequested: false, isRequired: false, isVerified: false },
  RequestClientCert: { isRequested: true, isRequired: false, isVerified: false },
  RequireAnyClientCert: { isRequested: true, isRequired: true, isVerified: false },
  RequireClientCert: { isRequested: true, isRequired: true, isVerified: false },
  VerifyClientCertIfGiven: { isRequested: true, isRequired: false, isVerified: true },
  RequireAndVerifyClientCert: { isRequested: true, isRequired: true, isVerified: true }
} as const

/** The versions of TLS by their names in the file, in ascending order. */
export const tlsVersions = { TLS10: 'TLSv1', TLS11: 'TLSv1.1', TLS12: 'TLSv1.2', TLS13: 'TLSv1.3' } as const

/**
 * The cipher suites of Go that are considered secure, in its order of preference, and their names in OpenSSL. Those of
 * TLS 1.3 are always enabled, as in Go. Source: Go's crypto/tls, `CipherSuites`.
 */
export const cipherSuites = {
  TLS_AES_128_GCM_SHA256: 'TLS_AES_128_GCM_SHA256',
  TLS_AES_256_GCM_SHA384: 'TLS_AES_256_GCM_SHA384',
  TLS_CHACHA20_POLY1305_SHA256: 'TLS_CHACHA20_POLY1305_SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: 'ECDHE-ECDSA-AES128-GCM-SHA256',
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: 'ECDHE-RSA-AES128-GCM-SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: 'ECDHE-ECDSA-AES256-GCM-SHA384',
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: 'ECDHE-RSA-AES256-GCM-SHA384',
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-ECDSA-CHACHA20-POLY1305',
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-RSA-CHACHA20-POLY1305',
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA: 'ECDHE-ECDSA-AES128-SHA',
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA: 'ECDHE-RSA-AES128-SHA',
  TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA: 'ECDHE-ECDSA-AES256-SHA',
  TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA: 'ECDHE-RSA-AES256-SHA'
} as const

/** The elliptic curves and their names in OpenSSL. */
export const curves = { CurveP256: 'P-256', CurveP384: 'P-384', CurveP521: 'P-521', X25519: 'X25519' } as const

const text = (description: string) => ({ description, type: 'string', minLength: 1 }) as const
const oneOf = (description: string, names: object) => ({ description, type: 'string', enum: Object.keys(names) }) as const
const listOf = (description: string, names: object) =>
  ({ description, type: 'array', minItems: 1, items: { type: 'string', enum: Object.keys(names) } }) as const
const header = (description: string) => ({ description, type: 'string' }) as const

/**
 * The JSON schema of the file in `PGVITALS_WEB_CONFIG`: the web configuration of the Prometheus exporter toolkit.
 * Source: docs/web-configuration.md of github.com/prometheus/exporter-toolkit.
 */
export const webConfigSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    tls_server_config: {
      description: 'Serves HTTPS instead of HTTP. A certificate and its key are required.',
      type: 'object',
      additionalProperties: false,
      properties: {
        cert_file: text('The file with the certificate and its intermediate certificates (PEM).'),
        key_file: text('The file with the key of the certificate (PEM, without a passphrase).'),
        cert: text('The certificate itself, instead of `cert_file`.'),
        key: text('The key itself, instead of `key_file`.'),
        client_auth_type: oneOf(
          'The policy for client certificates: `NoClientCert`, `RequestClientCert`, `RequireAnyClientCert`, `VerifyClientCertIfGiven` or `RequireAndVerifyClientCert`, which alone restricts access. By default `NoClientCert`.',
          clientAuthTypes
        ),
        client_ca_file: text('The file with the root certificates that verify client certificates.'),
        client_ca: text('The root certificates themselves, instead of `client_ca_file`.'),
        client_allowed_sans: {
          description:
            'A client certificate must contain one of these subject alternative names: DNS name, IP address, e-mail address or URI.',
          type: 'array',
          minItems: 1,
          items: { type: 'string', minLength: 1 }
        },
        min_version: oneOf('The minimum version of TLS: `TLS10`, `TLS11`, `TLS12` or `TLS13`. By default `TLS12`.', tlsVersions),
        max_version: oneOf('The maximum version of TLS. By default `TLS13`.', tlsVersions),
        cipher_suites: listOf(
          'The cipher suites for TLS 1.2 and older, by their names in Go. By default those that Go considers secure.',
          cipherSuites
        ),
        prefer_server_cipher_suites: {
          description: 'Whether the order of `cipher_suites` decides, not that of the client. By default `true`.',
          type: 'boolean'
        },
        curve_preferences: listOf('The elliptic curves in order of preference: `CurveP256`, `CurveP384`, `CurveP521`, `X25519`.', curves)
      }
    },
    http_server_config: {
      description: 'Settings of HTTP.',
      type: 'object',
      additionalProperties: false,
      properties: {
        http2: { description: 'Has no effect: pgvitals serves HTTP/1.1, which every client supports.', type: 'boolean' },
        headers: {
          description: 'Headers of every response, which replace those of pgvitals. Empty values are ignored.',
          type: 'object',
          additionalProperties: false,
          properties: {
            'Content-Security-Policy': header('The value of this header.'),
            'X-Frame-Options': { ...header('`deny` or `sameorigin`.'), enum: ['', 'deny', 'sameorigin'] },
            'X-Content-Type-Options': { ...header('`nosniff`.'), enum: ['', 'nosniff'] },
            'X-XSS-Protection': header('The value of this header.'),
            'Strict-Transport-Security': header('The value of this header. Browsers then refuse HTTP for all ports of the host.')
          }
        }
      }
    },
    basic_auth_users: {
      description:
        'The users of basic authentication by name, with the bcrypt hash of the password. They see everything, unless `teams.<team>.users` lists them.',
      type: 'object'
    },
    rate_limit: {
      description: 'Limits the requests of all clients together, including those of health checks. Further requests are answered with 429.',
      type: 'object',
      additionalProperties: false,
      required: ['interval', 'burst'],
      properties: {
        interval: {
          description: 'The average time between two requests, such as `100ms`; `0` disables the limit.',
          type: ['string', 'integer']
        },
        burst: { description: 'The maximum number of requests at once.', type: 'integer', minimum: 1 }
      }
    }
  }
} as const
