import { resolve } from 'node:path'
import type { Tls, TlsMode } from '../server/tls.ts'
import { isCertificate, keyPairError } from './certificate.ts'
import type { TlsShape } from './config-file.ts'
import type { ConfigSources } from './config-sources.ts'
import { readProtocol } from './libpq-tls.ts'
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
  const key = JSON.stringify(server.path)
  const shared = sources.sharedTls.get(key) ?? readTls(server, { shape: {}, path: server.path }, sources)
  sources.sharedTls.set(key, shared)
  return shared
}

function readTls(server: DeclaredTls, database: DeclaredTls, sources: ConfigSources): Tls {
  const shape = { ...server.shape, ...database.shape }
  const pathOf = (key: keyof TlsShape) => [...(database.shape[key] === undefined ? server : database).path, key]
  const addError = (key: keyof TlsShape, message: string) => sources.file.addError(pathOf(key), message)
  const inherited = (parameter: string) => sources.variables.get(parameter)?.value
  const fileOf = {
    ca: inherited('sslrootcert'),
    cert: inherited('sslcertmode') === 'disable' ? undefined : inherited('sslcert'),
    key: inherited('sslcertmode') === 'disable' ? undefined : inherited('sslkey')
  }
  const contentOf = (key: 'ca' | 'cert' | 'key') => {
    // A relative path of a variable begins in the working directory.
    const name = shape[key] ?? (fileOf[key] && resolve(fileOf[key]))
    return name === undefined ? undefined : readReferencedFile(name, pathOf(key), sources)
  }
  // A server's mode that allows connections without TLS does not apply to a database with root certificates.
  const isInherited = database.shape.ca === undefined || !/^(allow|prefer)$/.test(server.shape.mode ?? '')
  const own = database.shape.mode ?? (isInherited ? server.shape.mode : undefined) ?? (shape.ca === undefined ? undefined : 'verify-full')
  const ca = (shape.ca ?? fileOf.ca) === 'system' ? 'system' : contentOf('ca')
  const ofVariable = inherited('sslmode') as TlsMode | undefined
  const mode = own ?? ofVariable ?? (ca === 'system' ? 'verify-full' : 'prefer')
  if (shape.ca === undefined && fileOf.ca === undefined && mode.startsWith('verify')) {
    addError('mode', `${mode} requires root certificates; add ca: /path/to/ca.pem, or ca: system for the public authorities`)
  }
  if (ca === 'system' && mode !== 'verify-full') {
    addError('mode', `${mode} cannot be used with ca: system, because anyone can obtain a public certificate; use verify-full`)
  }
  const [cert, key] = [contentOf('cert'), contentOf('key')]
  if (((shape.cert ?? fileOf.cert) === undefined) !== ((shape.key ?? fileOf.key) === undefined)) {
    addError(shape.cert === undefined ? 'key' : 'cert', 'a client certificate requires both cert and key')
  }
  if (ca !== undefined && ca !== 'system' && !isCertificate(ca)) addError('ca', `the file contains no certificate (PEM)`)
  const pairError = cert !== undefined && key !== undefined ? keyPairError(cert, key) : undefined
  if (pairError !== undefined) addError('cert', `cert and key are ${pairError}`)
  return { mode, ca, cert, key, ...readProtocolOf(sources, mode, (message) => addError('mode', message)) }
}

function readProtocolOf({ variables }: ConfigSources, mode: TlsMode, addError: (message: string) => void): ReturnType<typeof readProtocol> {
  try {
    return readProtocol(variables, mode)
  } catch (error) {
    addError((error as Error).message)
    return {}
  }
}
