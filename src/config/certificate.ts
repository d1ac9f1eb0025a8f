import { X509Certificate } from 'node:crypto'
import { createSecureContext } from 'node:tls'

/** Whether a text contains a certificate in PEM format. */
export function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem) !== undefined
  } catch {
    return false
  }
}

/**
 * The reason why a certificate and a key do not form a pair; undefined if they do. With such files every connection
 * attempt would fail.
 */
export function keyPairError(cert: string, key: string): string | undefined {
  try {
    createSecureContext({ cert, key })
    return undefined
  } catch (error) {
    const { code, message } = error as { code?: string; message: string }
    return `not a certificate and its key (PEM, without a passphrase): ${code ?? message}`
  }
}
