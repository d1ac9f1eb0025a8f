import { join, resolve } from 'node:path'
import type { FileError } from '../files/call-file-system.ts'
import type { Files } from '../files/files.ts'
import { type Tls, type TlsMode, tlsModes } from '../server/tls.ts'
import { isCertificate, keyPairError } from './certificate.ts'
import type { LibpqParameters } from './libpq-parameters.ts'

type File = 'sslrootcert' | 'sslcert' | 'sslkey'

/** libpq's default files, below the home directory. */
const defaultFiles: Readonly<Record<File, string>> = {
  sslrootcert: 'root.crt',
  sslcert: 'postgresql.crt',
  sslkey: 'postgresql.key'
}

/**
 * Reads the TLS parameters of libpq and their files. As in libpq the default mode is `prefer`, or `verify-full` with
 * `sslrootcert=system`. Adds the files to `files`. Errors name the parameter or variable, never its value.
 */
export function readLibpqTls(parameters: LibpqParameters, home: string | undefined, read: Files, files: Set<string>): Tls {
  const textOf = (parameter: string) => parameters.get(parameter)?.value
  const nameOf = (parameter: string) => parameters.get(parameter)?.name ?? parameter
  const isPublic = textOf('sslrootcert') === 'system'
  const mode = readMode(textOf('sslmode') ?? (isPublic ? 'verify-full' : 'prefer'))
  if (isPublic && mode !== 'verify-full') throw new Error(`${nameOf('sslrootcert')}=system requires sslmode=verify-full, not ${mode}`)

  const contentOf = (file: File) => readFile(file, parameters, home, read, files)
  const ca = isPublic ? 'system' : contentOf('sslrootcert')
  if (ca !== undefined && ca !== 'system' && !isCertificate(ca)) {
    throw new Error(`${nameOf('sslrootcert')}: the file contains no certificate (PEM)`)
  }
  if (ca === undefined && mode.startsWith('verify')) {
    throw new Error(
      `${nameOf('sslmode')}=${mode} requires root certificates; add sslrootcert=/path/to/ca.pem, or sslrootcert=system for the public authorities`
    )
  }
  const [cert, key] = textOf('sslcertmode') === 'disable' ? [] : [contentOf('sslcert'), contentOf('sslkey')]
  if ((cert === undefined) !== (key === undefined)) throw new Error('a client certificate requires both sslcert and sslkey')
  const pairError = cert !== undefined && key !== undefined ? keyPairError(cert, key) : undefined
  if (pairError !== undefined) throw new Error(`${nameOf('sslcert')} and ${nameOf('sslkey')} are ${pairError}`)
  return { mode, ca, cert, key, ...readProtocol(parameters, mode) }
}

/** Reads the parameters of the TLS protocol. Variables apply to every connection that does not set its own. */
export function readProtocol(parameters: LibpqParameters, mode: TlsMode): Pick<Tls, 'isDirect' | 'minVersion' | 'maxVersion'> {
  const { name = '', value } = parameters.get('sslnegotiation') ?? {}
  const isDirect = value === 'direct'
  if (isDirect && !/^(require|verify)/.test(mode)) {
    throw new Error(`${name}=direct requires sslmode=require, verify-ca or verify-full, not ${mode}`)
  }
  const versionOf = (parameter: string) => parameters.get(parameter)?.value as Tls['minVersion']
  const [minVersion, maxVersion] = [versionOf('ssl_min_protocol_version'), versionOf('ssl_max_protocol_version')]
  if (minVersion !== undefined && maxVersion !== undefined && minVersion > maxVersion) {
    throw new Error('ssl_min_protocol_version is above ssl_max_protocol_version')
  }
  return {
    ...(isDirect && { isDirect }),
    ...(minVersion !== undefined && { minVersion }),
    ...(maxVersion !== undefined && { maxVersion })
  }
}

function readMode(text: string): TlsMode {
  const mode = tlsModes.find((one) => one === text)
  if (mode === undefined) throw new Error(`sslmode: invalid value; expected one of ${tlsModes.join(', ')}`)
  return mode
}

/** The content of a configured file, or of libpq's default file if it exists. */
function readFile(
  parameter: File,
  parameters: LibpqParameters,
  home: string | undefined,
  read: Files,
  files: Set<string>
): string | undefined {
  const { name = parameter, value = '' } = parameters.get(parameter) ?? {}
  const path = value || (home === undefined ? '' : join(home, '.postgresql', defaultFiles[parameter]))
  if (path === '') return undefined
  // The configuration is also reloaded when a default file is created.
  files.add(resolve(path))
  try {
    return read.text(resolve(path))
  } catch (error) {
    const { isMissing, message } = error as FileError
    if (value === '' && isMissing) return undefined
    throw new Error(`${name}: cannot read the file: ${message}`)
  }
}
