import { createHash, timingSafeEqual } from 'node:crypto'
import type { Clock } from '../clock.ts'
import { readSecret, type Secret } from '../server/credential.ts'
import type { CheckPassword } from './basic-auth.ts'

/** The tokens that give access to pages. */
export interface Tokens {
  /** Tokens for every page. */
  readonly everything: readonly Secret[]
  /** Tokens for the page of one team, by team. */
  readonly teams: ReadonlyMap<string, { readonly tokens: readonly Secret[] }>
}

/** The users of basic authentication, who may read every page. */
export interface Basic {
  readonly users: () => ReadonlyMap<string, string>
  readonly checkPassword: CheckPassword
}

/** Whether a request with this `Authorization` header may read the page of a team or, without a team, every page. */
export type Access = (team: string | undefined, authorization: string | undefined) => Promise<boolean>

/** The time for which the value of a token is cached. After it, a rotated token is accepted. */
const rememberMs = 15_000

/**
 * Creates the access control. If no token is configured, everyone may read every page. If any token is configured, every
 * page requires one: a token for every page, or for the page of a team the token of that team.
 */
export function createAccess(tokens: () => Tokens, clock: Clock, basic?: Basic): Access {
  const remembered = new Map<Secret, { readonly until: number; readonly token: Promise<string | undefined> }>()
  const tokenOf = (secret: Secret): Promise<string | undefined> => {
    const now = clock.now()
    for (const [key, { until }] of remembered) if (until < now) remembered.delete(key)
    const known = remembered.get(secret)
    if (known !== undefined) return known.token
    // A token that cannot be read is never accepted.
    const token = readSecret(secret).catch(() => undefined)
    remembered.set(secret, { until: now + rememberMs, token })
    return token
  }
  return async (team, authorization) => {
    const { everything, teams } = tokens()
    const own = team === undefined ? [] : (teams.get(team)?.tokens ?? [])
    const isProtected =
      (basic?.users().size ?? 0) > 0 || everything.length > 0 || [...teams.values()].some(({ tokens }) => tokens.length > 0)
    if (!isProtected) return true
    const [, encoded] = /^basic +(\S+) *$/i.exec(authorization ?? '') ?? []
    if (encoded !== undefined) {
      const [, user, password] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, 'base64').toString()) ?? []
      return basic !== undefined && user !== undefined && password !== undefined && (await basic.checkPassword(user, password))
    }
    const [, given] = /^bearer +(\S+) *$/i.exec(authorization ?? '') ?? []
    if (given === undefined) return false
    const valid = await Promise.all([...everything, ...own].map(tokenOf))
    return valid.filter((token) => token !== undefined && isSame(given, token)).length > 0
  }
}

/** Compares two texts in constant time. */
function isSame(given: string, token: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(token))
}
