import { createHash } from 'node:crypto'
import { style } from './status-page.ts'

/** The hash with which the status page may apply its style. It has no script. */
const styleHash = createHash('sha256').update(style).digest('base64')

/** The headers of every response. Browsers must not execute, frame or embed anything that contains names or texts of databases. */
export const securityHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': `default-src 'none'; style-src 'sha256-${styleHash}'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  // For browsers that ignore frame-ancestors.
  'x-frame-options': 'DENY'
}
