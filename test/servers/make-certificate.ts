import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

export interface CertificateOptions {
  /** The name of the certificate that signs; by default the certificate signs itself. */
  readonly issuer?: string
  readonly days?: number
  /** By default the subject as a DNS name. */
  readonly sans?: string
}

/** Creates `<name>.pem` and `<name>.key` with an elliptic curve, which takes less time than RSA. */
export function makeCertificate(folder: string, name: string, subject: string, { issuer, days = 3, sans }: CertificateOptions = {}): void {
  const at = (file: string) => join(folder, file)
  const signer = issuer === undefined ? [] : ['-CA', at(`${issuer}.pem`), '-CAkey', at(`${issuer}.key`)]
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const what = ['-subj', `/CN=${subject}`, '-addext', `subjectAltName=${sans ?? `DNS:${subject}`}`, '-days', String(days)]
  const out = ['-keyout', at(`${name}.key`), '-out', at(`${name}.pem`)]
  execFileSync('openssl', ['req', '-x509', ...key, ...what, ...out, ...signer], { stdio: 'ignore' })
}
