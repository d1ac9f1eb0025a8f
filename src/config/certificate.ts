import { X509Certificate } from 'node:crypto'
import { createSecureContext } from 'node:tls'

/** Whether a text holds a certificate (PEM). */
export function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem) !== undefined
  } catch {
    return false
  }
}

/** Why a certificate and a key do not go together, which would fail at every connect; undefined when they do. */
export function pairMistake(cert: string, key: string): string | undefined {
  try {
    createSecureContext({ cert, key })
    return undefined
  } catch (error) {
    const { code, message } = error as { code?: string; message: string }
    return `no certificate and its key (PEM, without a passphrase): ${code ?? message}`
  }
}
