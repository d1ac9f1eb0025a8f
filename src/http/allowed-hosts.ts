import { isIP } from 'node:net'

/** The domains in which nobody can register a name. Sources: RFC 6761, RFC 6762, RFC 8375, and ICANN, "internal" (2024). */
const privateDomains = ['localhost', 'local', 'home.arpa', 'internal']

/**
 * Whether a request with this `Host` header may be answered. With DNS rebinding, a page on the web makes a browser in the
 * network connect to this process under a name of the page's domain. Such a name has a dot and is registered. Addresses,
 * names without a dot (containers) and names in private domains are therefore allowed, and those in `allowed`: `*` allows
 * every name, `*.example.com` all names in this domain.
 */
export function isAllowedHost(header: string | undefined, allowed: readonly string[]): boolean {
  // Browsers send the header with every request.
  if (header === undefined) return true
  const host = hostOf(header)
  if (isIP(host) > 0) return true
  if (!/^[a-z0-9_.-]+$/.test(host)) return false
  const isIn = (domain: string) => host === domain || host.endsWith(`.${domain}`)
  if (!host.includes('.') || privateDomains.some(isIn)) return true
  return allowed.some((pattern) => pattern === '*' || pattern === host || (pattern.startsWith('*.') && host.endsWith(pattern.slice(1))))
}

/** The name or address in `host:port`, in lower case. An IPv6 address is enclosed in brackets. */
export function hostOf(address: string): string {
  const [, bracketed, name = ''] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d*)?$/.exec(address) ?? []
  return (bracketed ?? name).toLowerCase().replace(/\.$/, '')
}
