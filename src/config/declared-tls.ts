import type { Tls } from '../server/tls.ts'
import { isCertificate, keyPairError } from './certificate.ts'
import type { TlsShape } from './config-file.ts'
import type { ConfigSources } from './config-sources.ts'
import type { Path } from './located-yaml.ts'
import { readReferencedFile } from './secret.ts'

/** A `tls` of the file and its location. */
export interface DeclaredTls {
  readonly shape: TlsShape
  readonly path: Path
}

/**
 * Reads the TLS settings of a database: those of its server, overridden by its own. With root certificates and
 * without a mode, the mode is `verify-full`, because libpq's `prefer` would silently connect without TLS.
 */
export function readDeclaredTls(server: DeclaredTls, database: DeclaredTls | undefined, sources: ConfigSources): Tls {
  if (database !== undefined) return readTls(server, database, sources)
  const shared = sources.sharedTls.get(server.shape) ?? readTls(server, { shape: {}, path: server.path }, sources)
  sources.sharedTls.set(server.shape, shared)
  return shared
}

function readTls(server: DeclaredTls, database: DeclaredTls, sources: ConfigSources): Tls {
  const shape = { ...server.shape, ...database.shape }
  const pathOf = (key: keyof TlsShape) => [...(database.shape[key] === undefined ? server : database).path, key]
  const addError = (key: keyof TlsShape, message: string) => sources.file.addError(pathOf(key), message)
  const contentOf = (key: 'ca' | 'cert' | 'key') => {
    const name = shape[key]
    return name === undefined ? undefined : readReferencedFile(name, pathOf(key), sources)
  }
  // A server's mode that allows connections without TLS does not apply to a database with root certificates.
  const isInherited = database.shape.ca === undefined || !/^(allow|prefer)$/.test(server.shape.mode ?? '')
  const mode = database.shape.mode ?? (isInherited ? server.shape.mode : undefined) ?? (shape.ca === undefined ? 'prefer' : 'verify-full')
  const ca = shape.ca === 'system' ? 'system' : contentOf('ca')
  if (shape.ca === undefined && mode.startsWith('verify')) {
    addError('mode', `${mode} requires root certificates; add ca: /path/to/ca.pem, or ca: system for the public authorities`)
  }
  if (ca === 'system' && mode !== 'verify-full') {
    addError('mode', `${mode} cannot be used with ca: system, because anyone can obtain a public certificate; use verify-full`)
  }
  if ((shape.cert === undefined) !== (shape.key === undefined)) {
    addError(shape.cert === undefined ? 'key' : 'cert', 'a client certificate requires both cert and key')
  }
  const [cert, key] = [contentOf('cert'), contentOf('key')]
  if (ca !== undefined && ca !== 'system' && !isCertificate(ca)) addError('ca', `the file ${shape.ca} contains no certificate (PEM)`)
  const pairError = cert !== undefined && key !== undefined ? keyPairError(cert, key) : undefined
  if (pairError !== undefined) addError('cert', `cert and key are ${pairError}`)
  return { mode, ca, cert, key }
}
