import { X509Certificate } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import type { Tls } from '../server/tls.ts'
import { readDeclaredFile } from './declared-secret.ts'
import type { TlsShape } from './file-shape.ts'
import type { Path } from './located-yaml.ts'
import type { Reading } from './reading.ts'

/** A `tls` of the file, and where it stands. */
export interface DeclaredTls {
  readonly shape: TlsShape
  readonly path: Path
}

/**
 * Reads the server's `tls` with what differs in the database's. Root certificates that are given are insisted
 * upon: without a mode it is `verify-full`, where libpq's `prefer` would quietly go on without.
 */
export function readDeclaredTls(server: DeclaredTls, database: DeclaredTls | undefined, reading: Reading): Tls {
  if (database !== undefined) return readTls(server, database, reading)
  const shared = reading.sharedTls.get(server.shape) ?? readTls(server, { shape: {}, path: server.path }, reading)
  reading.sharedTls.set(server.shape, shared)
  return shared
}

function readTls(server: DeclaredTls, database: DeclaredTls, reading: Reading): Tls {
  const shape = { ...server.shape, ...database.shape }
  const placeOf = (key: keyof TlsShape) => [...(database.shape[key] === undefined ? server : database).path, key]
  const contentOf = (key: 'ca' | 'cert' | 'key') => {
    const name = shape[key]
    return name === undefined ? undefined : readDeclaredFile(name, placeOf(key), reading)
  }
  const mode = shape.mode ?? (shape.ca === undefined ? 'prefer' : 'verify-full')
  const ca = shape.ca === 'system' ? 'system' : contentOf('ca')
  if (shape.ca === undefined && mode.startsWith('verify')) {
    reading.file.tell(placeOf('mode'), `is ${mode} without root certificates; add ca: /path/to/ca.pem, or ca: system for the public ones`)
  }
  if (ca === 'system' && mode !== 'verify-full') {
    reading.file.tell(placeOf('mode'), `is ${mode}, but ca: system needs verify-full, since everybody can get a public certificate`)
  }
  if ((shape.cert === undefined) !== (shape.key === undefined)) {
    reading.file.tell(placeOf(shape.cert === undefined ? 'key' : 'cert'), 'stands alone; a client certificate needs both cert and key')
  }
  const [cert, key] = [contentOf('cert'), contentOf('key')]
  if (ca !== undefined && ca !== 'system' && !isCertificate(ca)) {
    reading.file.tell(placeOf('ca'), `names ${shape.ca}, which holds no certificate (PEM)`)
  }
  if (cert !== undefined && key !== undefined) checkPair(cert, key, (message) => reading.file.tell(placeOf('cert'), message))
  return { mode, ca, cert, key }
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem) !== undefined
  } catch {
    return false
  }
}

/** A certificate and a key that do not go together would fail at every connect. */
function checkPair(cert: string, key: string, tell: (message: string) => void): void {
  try {
    createSecureContext({ cert, key })
  } catch (error) {
    const { code, message } = error as { code?: string; message: string }
    tell(`and key are no certificate and its key (PEM, without a passphrase): ${code ?? message}`)
  }
}
