import type { Tls } from '../server/tls.ts'
import { isCertificate, pairMistake } from './certificate.ts'
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
  // An inherited mode that goes on without TLS was not meant for what is given here.
  const isInherited = database.shape.ca === undefined || !/^(allow|prefer)$/.test(server.shape.mode ?? '')
  const mode = database.shape.mode ?? (isInherited ? server.shape.mode : undefined) ?? (shape.ca === undefined ? 'prefer' : 'verify-full')
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
  const mistake = cert !== undefined && key !== undefined ? pairMistake(cert, key) : undefined
  if (mistake !== undefined) reading.file.tell(placeOf('cert'), `and key are ${mistake}`)
  return { mode, ca, cert, key }
}
