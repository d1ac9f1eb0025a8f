import { isIP, SocketAddress } from 'node:net'
import type { TLSSocket } from 'node:tls'

/** Which client certificates are requested and accepted. */
export interface ClientCertificatePolicy {
  readonly isRequested: boolean
  readonly isRequired: boolean
  /** Whether a certificate must be signed by the root certificates. */
  readonly isVerified: boolean
  /** The subject alternative names of which a certificate must contain one; undefined if every certificate is accepted. */
  readonly allowedSans: readonly string[] | undefined
}

/** The reason why a connection is refused after the handshake; undefined if it is accepted. */
export function refusalOf(
  socket: Pick<TLSSocket, 'authorized' | 'authorizationError' | 'getPeerX509Certificate'>,
  { isRequired, isVerified, allowedSans }: ClientCertificatePolicy
): string | undefined {
  const certificate = socket.getPeerX509Certificate()
  if (certificate === undefined) return isRequired ? 'no client certificate' : undefined
  if (isVerified && !socket.authorized) return `client certificate: ${socket.authorizationError}`
  if (allowedSans === undefined) return undefined
  const found = sansOf(certificate.subjectAltName ?? '')
  const isAllowed = allowedSans.some((san) => found.includes(normalize(san)))
  return isAllowed ? undefined : 'the client certificate contains no allowed subject alternative name'
}

/**
 * The DNS names, IP addresses, e-mail addresses and URIs of a certificate. Node.js writes an ambiguous name as a string
 * literal of JSON. Source: Node.js's documentation, "x509.subjectAltName".
 */
export function sansOf(subjectAltName: string): readonly string[] {
  const entry = /(?:^|, )([^:,]+):("(?:[^"\\]|\\.)*"|[^,]*)/g
  return [...subjectAltName.matchAll(entry)]
    .filter(([, kind = '']) => /^(DNS|IP Address|email|URI)$/.test(kind))
    .map(([, , name = '']) => normalize(name.startsWith('"') ? JSON.parse(name) : name))
}

/** An IPv6 address has several forms. */
function normalize(san: string): string {
  return isIP(san) === 6 ? new SocketAddress({ address: san, family: 'ipv6' }).address : san
}
