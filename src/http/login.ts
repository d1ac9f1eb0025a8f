import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Clock } from '../clock.ts'
import { type Access, sha256, type View } from './access.ts'
import { BusyError } from './basic-auth.ts'
import { remember } from './recent.ts'

export interface LoginOptions {
  readonly access: Access
  readonly meter: { readonly authFailed: () => void; readonly rejected: (reason: 'busy' | 'rate') => void }
  readonly log: { readonly warn: (message: string) => void }
  readonly clock: Clock
}

/** New logins per address and minute, in addition to the number of configured ones. */
export const loginsPerMinute = 10
/** Failed logins are logged once in this time. */
const logMs = 60_000

/**
 * Creates the check of logins. It returns what the client may see, or answers the request and returns undefined. Requires
 * `@fastify/rate-limit`.
 *
 * The rate of logins from one address is limited, but only for credentials that were not tried before: attempts from behind a
 * proxy do not lock out a scraper with the same address, and a scraper with a wrong credential does not exhaust the limit.
 * Every credential is checked at every request.
 */
export function createLogin(
  app: FastifyInstance,
  { access, meter, log, clock }: LoginOptions
): (request: FastifyRequest, reply: FastifyReply) => Promise<View | undefined> {
  // Separate, so that rejected credentials cannot evict accepted ones.
  const [accepted, rejected] = [new Set<string>(), new Set<string>()]
  const report = createFailureLog(log, clock)
  let attempt: ReturnType<typeof app.createRateLimit> | undefined

  const deny = (reply: FastifyReply) => {
    void reply
      .code(401)
      .header('www-authenticate', ['Bearer realm="pgvitals"', ...(access.hasUsers() ? ['Basic realm="pgvitals", charset="UTF-8"'] : [])])
      .type('text/plain')
      .send(`This page needs a login: Authorization: Bearer …${access.hasUsers() ? ' or Basic …' : ''}\n`)
    return undefined
  }

  return async (request, reply) => {
    const { authorization } = request.headers
    if (authorization === undefined) return deny(reply)
    const digest = sha256(authorization).toString('base64')
    if (!accepted.has(digest) && !rejected.has(digest)) {
      // All scrapers may have one address and log in after a restart.
      attempt ??= app.createRateLimit({ max: async () => loginsPerMinute + access.configured(), timeWindow: 60_000 })
      const limit = await attempt(request)
      if (!limit.isAllowed && limit.isExceeded) {
        meter.rejected('rate')
        const wait = limit.ttlInSeconds
        void reply
          .code(429)
          .header('retry-after', String(wait))
          .type('text/plain')
          .send(`too many logins from this address; try again in ${wait} s\n`)
        return undefined
      }
    }
    const view = await access.viewOf(authorization).catch((error: unknown) => {
      if (!(error instanceof BusyError)) throw error
      return 'busy' as const
    })
    if (view === 'busy') {
      meter.rejected('busy')
      void reply.code(503).header('retry-after', '1').type('text/plain').send('too many passwords are being checked; try again\n')
      return undefined
    }
    remember(view === undefined ? rejected : accepted, digest)
    if (view !== undefined) return view
    accepted.delete(digest)
    meter.authFailed()
    report(request.ip)
    return deny(reply)
  }
}

/** Logs the first failed login, and then at most one message a minute. The credential and the user name, which may be a password, are not logged. */
function createFailureLog(log: LoginOptions['log'], clock: Clock): (address: string) => void {
  let loggedAt = Number.NEGATIVE_INFINITY
  let unlogged = 0
  return (address) => {
    const now = clock.now()
    if (now - loggedAt < logMs) {
      unlogged++
      return
    }
    log.warn(`login from ${address} failed: invalid token or password${unlogged > 0 ? `; ${unlogged} more since the last message` : ''}`)
    loggedAt = now
    unlogged = 0
  }
}
